#pragma once

#include <optional>
#include <string_view>

#include "lib/budget/measure.h"

namespace tidemark::budget {

// A quantity as people write it, in the unit's own number; nothing for what is none, or has
// another unit:
//
//   bytes          512MiB  50MB  4096
//   bytes/day      50MiB/24h  2MB/h  1MiB/day
//   bytes/million  10MB/million  100B/request  1KiB/1000
//   ns             200ms  1m30s          a number alone might be milliseconds or seconds
//   share          1%  99.9%  0
//   1/second       100  100/s  6000/min
//   count          12
std::optional<double> value_in(Unit unit, std::string_view text);

// "3%" as 0.03, and "2pp", percentage points, as 0.02; what ends otherwise is nothing.
std::optional<double> percent_in(std::string_view text);
std::optional<double> percentage_points_in(std::string_view text);

// A number from 0 to 1e18.
std::optional<double> plain_number_in(std::string_view text);

}  // namespace tidemark::budget
