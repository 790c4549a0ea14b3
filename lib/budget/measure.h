#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tidemark::budget {

enum class Unit : std::uint8_t {
  kBytes,
  kBytesPerDay,
  kBytesPerMillion,  // bytes in a million requests
  kNanoseconds,
  kShare,  // 0.05 is 5 %
  kPerSecond,
  kCount,
};

// "bytes", "bytes/day", "bytes/million", "ns", "share", "1/second", "count": as files name them.
std::string_view name_of(Unit unit);
Unit unit_named(std::string_view name);  // throws Error

// A number with its unit for people, rounded to `digits` where that is shorter: "512 MiB",
// "50 MB in 24 h", "12.3 ms", "0.42 %", "18,204", "100/s". What was written round reads as it
// was written; "1.203 GiB" for what has no round form.
std::string text_of(double value, Unit unit, int digits = 4);

// One number that one run gave, with how sure it is.
struct Measure {
  std::string metric;  // "rss.peak", "search.p95", "\"json_parse*\""
  std::string stage;   // empty: the whole run
  Unit unit = Unit::kCount;
  double value = 0;

  // A count in which chance has no part: the definite leaks of a program that ended. A repetition
  // under the same conditions gives the same; `error` means nothing.
  bool exact = false;

  // The standard error of `value` that the run itself shows, from what it did over time; below 0:
  // the run alone does not tell. `freedom` are its degrees of freedom, 0: so many that it is
  // normal. What one run differs from the next is not in it.
  double error = -1;
  double freedom = 0;

  // Of a share: of how many. `value * trials` of them happened. `error` counts where it is larger
  // than that of so many independent ones: failures come in bunches.
  double trials = 0;

  // It had not come to its end when the run did: the number is `value` at least, and nobody knows
  // how much more. `error` and the interval mean nothing.
  bool at_least = false;

  // The 95 % interval, where it is not value +- 1.96 error; equal when there is none.
  double low = 0;
  double high = 0;

  std::string basis;           // for people: "18,204 requests in 30 s", "1,204 readings"
  std::string file;            // where it comes from, relative to the run directory
  std::string not_applicable;  // why a rule must not be held against it; empty: it may
};

}  // namespace tidemark::budget
