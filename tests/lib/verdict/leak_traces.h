#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/verdict/sample.h"

namespace tidemark::verdict {

enum class Truth { kLeak, kNoLeak, kUndecidable };

// A made-up memory trace of a day, and what it is.
struct Trace {
  std::vector<Sample> samples;
  std::vector<double> restarts_s;
  Truth truth = Truth::kNoLeak;
  double onset_s = 0;
  double next_day_bytes = 0;  // expected growth in the 24 hours after the end
};

// Shapes of memory that real services show. None is a shape of shared/leakbench
// with its parameters: the judge was tuned on those, and is checked on these.
struct TraceFamily {
  std::string_view name;
  Truth truth;
};
std::span<const TraceFamily> trace_families();

// The trace number `seed` of a family, one sample every `step_s`. A pure function.
// REQUIRES: the family is one of trace_families().
Trace make_trace(std::string_view family, std::uint64_t seed, double step_s = 10,
                 double hours = 24);

}  // namespace tidemark::verdict
