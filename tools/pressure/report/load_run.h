#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "lib/load/result.h"
#include "lib/model/series.h"

namespace tidemark::pressure {

// What a run directory says of a load: load.json, and over time load.hlog and series.db. As
// much of them as a report can show: a day is no bigger than an hour.
struct LoadRun {
  load::RunResult result;

  // One of equal stretches of the run, some seconds each.
  struct Stretch {
    std::int64_t at_ms = 0;  // its middle, from the start of the run on
    std::int64_t ms = 0;     // how much of it was measured
    std::int64_t answers = 0;
    std::array<std::int64_t, 4> bands{};  // response times in ns at kBands
  };
  static constexpr std::array<double, 4> kBands = {50, 90, 99, 100};
  std::vector<Stretch> stretches;
  // `at` in ms from the start of the run on; means, where there are very many points.
  std::vector<Series> series;
  std::vector<std::string> notes;  // what of it could not be read, and why

  const Series* find(std::string_view name) const;
};

// Throws Error when there is no load.json, or it is damaged. The others may be missing:
// then there is a note, and nothing of them in a report.
LoadRun read_load_run(const std::filesystem::path& directory);

}  // namespace tidemark::pressure
