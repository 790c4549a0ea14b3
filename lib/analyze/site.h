#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/model/finding.h"
#include "lib/model/series.h"

namespace tidemark {

enum class SiteStatus : std::uint8_t {
  kUnjudged,  // no baseline was given
  kNew,       // not in the baseline
  kKnown,     // in the baseline too
  kFixed,     // in the baseline only
};

// Findings of one kind at one place, whatever process and however often: what a
// reader fixes as one thing.
struct Site {
  FindingKind kind = FindingKind::kOther;
  std::string fingerprint;  // 16 hexadecimal digits; see fingerprint_of()
  std::string title;        // "100 B/request in handle_leak (service.cpp:41)": one line
  Frame place;              // the innermost frame that is not an allocator's or the runtime's
  std::int64_t bytes = 0;
  std::int64_t blocks = 0;
  std::int64_t indirect_bytes = 0;
  std::int64_t count = 0;          // findings, each as often as it happened
  double bytes_error = 0;          // standard error of `bytes`; 0: exact
  std::vector<std::int64_t> pids;  // ascending; where known
  Finding example;                 // the largest one, with its stacks
  std::vector<Site> holds;         // indirect leaks under the definite one that holds them
  SiteStatus status = SiteStatus::kUnjudged;
  std::string suppressed_by;   // the rule's id; empty: not suppressed
  std::vector<Point> history;  // bytes at each snapshot, in ms since the start
};

}  // namespace tidemark
