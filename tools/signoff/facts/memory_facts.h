#pragma once

#include <string>
#include <vector>

#include "lib/budget/measure.h"
#include "lib/load/result.h"
#include "lib/model/series.h"
#include "tools/signoff/facts/timelines.h"

namespace tidemark::signoff {

// The peak and the steady level of memory, descriptors and threads, in the whole run and in each
// stage of its load. `not_applicable` says why they are not the target's own.
std::vector<budget::Measure> memory_measures(const Timelines& lines,
                                             const std::string& not_applicable);

// "rss.per(NAME)": resident memory for one more of each thing that is counted: requests,
// connections (or the clients of the load's stages), leakwatch's metrics. `load` may be null.
std::vector<budget::Measure> memory_per_thing(const Timelines& lines, const load::RunResult* load,
                                              const std::string& not_applicable);

// What a chart shows of the run, in ms from `started_ms` on, the most telling first: memory
// first, or the load when `load_first`.
std::vector<Series> charts_of(const Timelines& lines, std::int64_t started_ms, bool load_first);

}  // namespace tidemark::signoff
