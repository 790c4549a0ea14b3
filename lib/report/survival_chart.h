#pragma once

#include <string>

#include "lib/analyze/survival.h"

namespace tidemark {

// The survival curve of a site with its 95 % band as a small inline SVG: age to the right, the
// share that lives upwards. In the classes "line" and "spread", which a style sheet colours.
// Empty without a curve.
std::string survival_chart(const Survival& survival);

}  // namespace tidemark
