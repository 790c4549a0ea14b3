#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/load/result.h"
#include "lib/verdict/leak_judge.h"

namespace tidemark::pressure {

// The target's resident memory in one stage ("": the whole run).
struct StageMemory {
  std::string stage;
  std::optional<verdict::Estimate> bytes_per_day;  // nothing: too short to tell
  std::int64_t most_bytes = 0;
};

// A number that is neither a latency nor a count: "feed.connected", a share.
struct Measure {
  std::string name;
  double value = 0;
};

// What limits are held against, besides the run's own histograms and counts.
struct Measures {
  std::vector<StageMemory> memory;
  std::vector<Measure> others;
  // What a run before took, for regress(FILE); nothing: could not be read, and `why`.
  struct Former {
    std::string file;
    std::optional<load::RunResult> result;
    std::string why;
  };
  std::vector<Former> formers;
};

// "p99.9", "max" or "mean" of a histogram, in nanoseconds. REQUIRES: it is one of these.
double latency(const load::Histogram& histogram, const std::string& metric);

// Each limit of `limits`, in their order, held against `run` (its stages, labels, faults and
// `under` must be there). A latency does not apply to a target that a profiler slows
// down; what was not measured is never passed.
std::vector<load::LimitResult> judge(const std::vector<load::Limit>& limits,
                                     const load::RunResult& run, const Measures& measures);

}  // namespace tidemark::pressure
