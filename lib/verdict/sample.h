#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace tidemark::verdict {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kMostParts = 4;

// One reading of a process tree. What is not known is kUnknown.
struct Sample {
  double at_s = 0;             // on a clock that should only go forwards
  double bytes = kUnknown;     // the memory that is judged: anonymous and swap, or resident
  double requests = kUnknown;  // served since some moment: a counter
  std::int64_t life = 0;       // another number when the process was started again
  // What `bytes` is made of, in the order of Settings::parts.
  std::array<double, kMostParts> parts = {kUnknown, kUnknown, kUnknown, kUnknown};
};

}  // namespace tidemark::verdict
