#pragma once

#include "lib/analyze/flame.h"
#include "lib/model/profile.h"

namespace tidemark {

// A flame graph of profile.timeline, left to right in the order of time: calls merge
// with the same call of the sample before, and with nothing else. Widths are the
// samples' values, which are of the default value type; options.value, compared and
// order are not looked at. Samples whose value is not above 0 are left out.
FlameGraph flame_chart(const Profile& profile, const FlameOptions& options);

}  // namespace tidemark
