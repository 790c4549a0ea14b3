#pragma once

#include <string>

#include "tools/signoff/run/duration.h"
#include "tools/signoff/run/plan.h"

namespace tidemark::signoff {

// A plan for people: what would run, in which order, for how long, and what it is held to.
std::string plan_words(const Campaign& campaign, const Plan& plan, double scale,
                       const Expected& expected);

}  // namespace tidemark::signoff
