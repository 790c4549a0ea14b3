#pragma once

#include <string>

#include "tools/signoff/result.h"

namespace tidemark::signoff {

// A rule's value with its interval against its limit, as a small inline SVG; the side of the limit
// on which the rule does not hold is shaded. Empty for a rule that was not measured.
std::string limit_graphic(const RuleResult& rule);

}  // namespace tidemark::signoff
