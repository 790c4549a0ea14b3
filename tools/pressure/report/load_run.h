#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "lib/load/histogram.h"
#include "lib/load/result.h"
#include "lib/model/series.h"

namespace tidemark::pressure {

// What a run directory says of a load: load.json, and over time load.hlog and series.db.
struct LoadRun {
  load::RunResult result;

  // One of equal stretches of the run, some seconds each.
  struct Stretch {
    std::int64_t at_ms = 0;  // its middle, from the start of the run on
    std::int64_t ms = 0;     // how much of it was measured
    load::Histogram response;
  };
  std::vector<Stretch> stretches;
  std::vector<Series> series;      // `at` in ms from the start of the run on
  std::vector<std::string> notes;  // what of it could not be read, and why

  const Series* find(std::string_view name) const;
};

// Throws Error when there is no load.json, or it is damaged. The others may be missing:
// then there is a note, and nothing of them in a report.
LoadRun read_load_run(const std::filesystem::path& directory);

}  // namespace tidemark::pressure
