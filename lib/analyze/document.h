#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/analyze/site.h"
#include "lib/model/profile.h"
#include "lib/model/recording.h"
#include "lib/model/run.h"
#include "lib/model/series.h"

namespace tidemark {

enum class Verdict : std::uint8_t {
  kClean,      // the run was whole and nothing was found: exit code 0
  kFound,      // exit code 1
  kFailed,     // the target or the profiler failed: exit code 3, whatever was found
  kUndecided,  // something is missing, so that "clean" cannot be said: exit code 4
};

// How one rule of the suppressions file fared.
struct SuppressionReport {
  std::string id;
  std::string owner;
  std::string reason;
  std::string expires;     // "2027-01-31"; empty: never
  bool expired = false;    // an expired rule suppresses nothing
  std::int64_t sites = 0;  // what it suppressed; 0: unused
  std::int64_t bytes = 0;
  std::int64_t count = 0;
};

// A sum over a sampled profile.
struct ValueTotal {
  std::string name;  // of the value type: "inuse_space"
  std::string unit;
  std::int64_t value = 0;
  double error = 0;  // standard error

  friend bool operator==(const ValueTotal&, const ValueTotal&) = default;
};

// Everything a report shows of one run (or of one file, when run.tool is empty):
// what every writer in lib/report turns into text.
struct Document {
  Run run;
  std::vector<ProcessRecord> processes;
  Verdict verdict = Verdict::kUndecided;
  std::string verdict_text;  // one sentence: "1 definite leak: 3,200 B in handle_leak"
  std::vector<Site> sites;   // the worst first; suppressed ones are not among them
  std::vector<Site> suppressed;
  std::vector<Site> fixed;  // in the baseline, not here
  std::string baseline;     // its name; empty: none was given
  std::vector<SuppressionReport> suppressions;
  std::vector<SuppressionUse> profiler_suppressions;  // valgrind's own default.supp and the like
  std::vector<Profile> profiles;
  std::vector<ValueTotal> totals;  // of the main profile where it is sampled: one a value type
  std::vector<Series> series;      // memory over time and the like, at_unit "ms" first
  std::vector<std::string> warnings;
  bool partial = false;
};

}  // namespace tidemark
