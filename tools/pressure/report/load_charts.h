#pragma once

#include <string>

#include "tools/pressure/report/load_run.h"

namespace tidemark::pressure {

// The charts of a load's report, as inline SVG for wide and for narrow pages. Each is empty
// when there is nothing to draw.

// Over time, one below the other: latency as bands of percentiles, answers a second and
// what was asked, failures by kind, the target's memory. Stages and faults are marks.
std::string time_chart(const LoadRun& run);

// Latency by percentile, p0 to p99.999 on an axis of "nines": a line for each label.
std::string percentile_chart(const load::RunResult& result);

// A ladder with the law fitted to it and its 95 % band.
std::string ladder_chart(const load::Scalability& law);

}  // namespace tidemark::pressure
