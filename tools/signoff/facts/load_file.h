#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/budget/measure.h"
#include "lib/budget/rule.h"
#include "lib/load/result.h"
#include "tools/signoff/facts/timelines.h"

namespace tidemark::signoff {

// load.json of a run directory; nothing when there is none. One that is damaged is an Error.
struct LoadFile {
  load::RunResult result;
  std::filesystem::path log;  // load.hlog; it need not be there

  LoadTimes times() const;
  // The driver was too late to send what was due: the latencies are its own, not the target's.
  bool late() const;
};
std::optional<LoadFile> read_load_file(const std::filesystem::path& directory);

// All that it says: each label in each stage and in the whole run.
std::vector<budget::Measure> load_measures(const LoadFile& load, const Timelines& lines,
                                           std::vector<std::string>& warnings);

// Whether a load has such a number at all.
bool is_of_load(const budget::Subject& subject);

// One number of it that load_measures() has not: another percentile, a family of labels
// ("feed" for "feed.connect" and "feed.delivery"), the efficiency of a number of clients that was
// not measured. Nothing when it was not measured.
std::optional<budget::Measure> load_measure(const LoadFile& load, const budget::Subject& subject);

}  // namespace tidemark::signoff
