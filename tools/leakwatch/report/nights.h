#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tools/leakwatch/report/night.h"

namespace tidemark::leakwatch {

enum class Change : std::uint8_t {
  kFirst,   // there is no earlier soak of this target to compare with
  kSame,    // as far as the intervals tell
  kWorse,   // a regression: it leaks and did not, or surely grows faster
  kBetter,  // the other way round
};

// A soak beside the last one before it of the same target.
struct ComparedNight {
  Night night;
  std::optional<std::size_t> before;  // a place among all
  Change change = Change::kFirst;
  std::string text;  // "grows 120 MB ± 9.2 MB more in 24 h than night-3"
};

// One soak, or several side by side.
struct Nights {
  std::vector<ComparedNight> all;  // the oldest first
  std::vector<std::string> problems;

  // That of the newest soak of each target: a failure first, then what was found (a
  // leak, a limit, a regression), then what is undecided.
  int exit_code() const;
  std::string headline() const;
};

// Two soaks are of the same target when they ran the same command, or watched the same
// name, unit, ...; for a pid, a process of the same name.
//
// Growth differs when the difference is beyond what both intervals allow by chance in
// one of a hundred comparisons, and a tenth of the gate at least.
Nights compared(std::vector<Night> nights, std::vector<std::string> problems);

}  // namespace tidemark::leakwatch
