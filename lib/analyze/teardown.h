#pragma once

#include <cstdint>

#include "lib/model/recording.h"
#include "lib/model/run.h"
#include "lib/model/series.h"

namespace tidemark {

// How long the target took to end once it was asked to, in milliseconds; 0: nobody asked it.
std::int64_t teardown_of(const Run& run);

// A program that is asked to stop gives its memory back piece by piece, and what a profiler saw
// meanwhile says nothing of what it held. Leaves out the profiles, or points, of the last
// `teardown` milliseconds, of those that tell their time in milliseconds; all of them stay where
// none is older. Counted from the last one back: a profiler's clock starts later than ours, by
// what it takes to start.
void leave_out_teardown(Recording& recording, std::int64_t teardown);
void leave_out_teardown(Series& series, std::int64_t teardown);

}  // namespace tidemark
