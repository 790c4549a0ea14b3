#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/cli/line.h"
#include "lib/run/history_db.h"

namespace tidemark::signoff {

// How a rule was decided, night after night.
struct RuleLine {
  struct Night {
    std::string version;  // its name: commit, version or date
    std::string state;    // "passed", ...
    std::int64_t started_ms = 0;
  };
  std::string campaign;
  std::string phase;
  std::string rule;
  std::string setting;  // what tells it from others: "nightly, bench-1, release"
  std::vector<Night> nights;

  std::size_t passed() const;
};

// The rules in `entries` whose phase fits the glob: those that did not pass in the latest night
// first, then those that passed least.
std::vector<RuleLine> rule_lines(const std::vector<HistoryEntry>& entries, std::string_view phase);

// A character for each of the latest nights: "✓" passed, "✗" failed, "?" inconclusive, "w" waived,
// "·" else; or "+", "x", "?", "w", ".".
std::string strip_of(const RuleLine& line, std::size_t most, cli::Look look);

// "passed in 12 of 14 nights; failed in 2ab0, the latest".
std::string summary_of(const RuleLine& line);

}  // namespace tidemark::signoff
