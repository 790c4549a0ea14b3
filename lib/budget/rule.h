#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/budget/measure.h"

namespace tidemark::budget {

// What a rule is about, and what a Measure is of: "[LABEL.]METRIC[(ARGUMENT)][@STAGE]", or a
// pattern of allocation sites in double quotes.
struct Subject {
  std::string label;     // of requests: "search"
  std::string metric;    // "rss.peak", "p95", "site"
  std::string argument;  // "8" of "efficiency(8)"; the pattern of "site"
  std::string stage;

  bool operator==(const Subject&) const = default;

  // As Measure::metric has it: "search.p95", "efficiency(8)", "\"json_parse*\"".
  std::string name() const;
};

enum class Compare : std::uint8_t { kLess, kAtMost, kMore, kAtLeast, kEqual };

bool holds(double value, Compare compare, double limit);

// What a number is held against: `value`, or the baseline's times `factor` plus `value`.
struct Bound {
  bool relative = false;
  double factor = 1;  // "baseline + 3%" is 1.03
  double value = 0;   // in the metric's unit; "baseline + 5MiB" has it besides the factor
};

// A limit as people write it in a budget:
//
//   rss.peak < 512MiB                    pss, uss, heap, swap, fds, threads; .peak and .steady
//   rss.steady <= baseline + 3%          also baseline * 1.1, baseline + 5MiB, baseline
//   errors <= baseline + 1pp             of shares: percentage points, or baseline * 1.1
//   growth < 50MiB/24h                   of resident memory, by leakwatch
//   growth.per_request < 10MB/million    by leakwatch, where requests are counted
//   rss.per(documents) < 4KiB            memory for one more of what is counted
//   leaks.bytes == 0                     definite leaks; leaks.blocks, leaks.sites, leaks.new
//   races == 0        races.new == 0     (new: sites that the baseline does not have)
//   memory_errors == 0                   invalid accesses, bad frees, uninitialised values
//   "json_parse*" < 8MiB                 in use below the functions of that name
//   p95@normal < 200ms   search.p99.9 < 1s   errors < 1%   rate > 100/s   connected >= 95%
//   recover < 30s        efficiency(8) > 60%
struct Rule {
  std::string text;  // as it was written
  Subject subject;
  Compare compare = Compare::kLess;
  Bound bound;
  Unit unit = Unit::kCount;

  // Unique in its campaign: what the file calls it; else the text, after the phases where the
  // file names some: "normal: p95 < 200ms".
  std::string id;
  std::vector<std::string> phases;   // globs; empty: every phase in which it is measured
  std::vector<std::string> targets;  // the same
  std::vector<std::string> flavours;
  bool hard = false;  // failing it caps the readiness score
  double weight = 1;
  std::string owner;
  std::string why;    // for the report: why there is such a rule
  std::string place;  // "budgets.toml:12:9"

  bool upper() const { return compare == Compare::kLess || compare == Compare::kAtMost; }
};

// An agreed exception from a rule: who answers for it, why, and until when.
struct Waiver {
  std::string rule;                 // the rule's id or its text
  std::vector<std::string> phases;  // empty: in all
  std::string owner;
  std::string reason;
  std::string expires;  // "2027-01-31": the last day on which it holds
  std::string place;

  bool expired(std::string_view today) const { return expires < today; }
};

// Whether `waiver` names `rule`, wherever.
bool waives(const Waiver& waiver, const Rule& rule);

// Throws UsageError that names `what` ("budgets.toml:12:9: rule[3].limit"), the place in the
// text and, for an unknown metric, the one that was probably meant.
Rule parse_rule(std::string_view text, std::string_view what);

}  // namespace tidemark::budget
