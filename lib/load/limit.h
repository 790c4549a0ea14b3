#pragma once

#include <string>
#include <string_view>

#include "lib/budget/rule.h"

namespace tidemark::load {

// A limit as people write it, which a run passes or crosses:
//
//   p95 < 200ms              of all requests together
//   p95@normal < 200ms       in the stage "normal"
//   search.p99 < 1s          of the requests (or clients) labelled "search"
//   chat.ack.p95 < 50ms      of what "chat" measures as "ack"
//   max < 2s   mean < 80ms
//   errors@x10 < 5%          failed of all that were due
//   rate > 100               answers that count, per second
//   feed.connected > 99%     of the time that streams should have been open
//   recover < 30s            after every fault, until errors and p95 are back
//   rss.growth@soak < 50MiB/24h
//   rss.max < 1GiB
//   leak.definite == 0       judged by the tool that runs us, not by pressure
//   regress(base.json) < 20%   the worst p50, p95 and p99 against a former report.json
struct Limit {
  using Compare = budget::Compare;
  using Unit = budget::Unit;

  std::string text;      // as it was written
  std::string label;     // "search", "chat.ack"; empty: all
  std::string metric;    // "p95", "errors", "rate", "recover", "rss.growth", "regress", ...
  std::string argument;  // "base.json"
  std::string stage;     // empty: the whole run
  Compare compare = Compare::kLess;
  double value = 0;  // nanoseconds, a share (0.05 for 5 %), bytes, bytes a day, per second
  Unit unit = Unit::kCount;

  bool holds(double measured) const;
};

// Throws UsageError that names `what` ("pass.limits[2]"), the place in the text and, for an
// unknown metric, the one that was probably meant.
Limit parse_limit(std::string_view text, std::string_view what);

}  // namespace tidemark::load
