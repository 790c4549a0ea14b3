#pragma once

#include <string>

#include "tools/signoff/campaign/campaign.h"

namespace tidemark::signoff {

// What a run of memprof needs and this machine does not have, as `memprof backends --check` says
// it: the profiler that --with names, or a target that was built for it. Empty: nothing, or it
// is no run that profiles. REQUIRES: memprof is there.
std::string missing_profiler(const RunPlan& run, const TargetPlan& target);

}  // namespace tidemark::signoff
