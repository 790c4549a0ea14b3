#pragma once

#include <optional>

#include "lib/verdict/fit.h"

namespace tidemark::verdict {

// The causes that a curve shows, found one by one: always a level for each life,
// steady growth, and the load (or, when nobody counted requests, the time of
// day); and of jumps, kinks, a warm-up and a slow filling those that explain more
// than their number costs.
struct Findings {
  Model model;
  double stretch_h = 0;           // where the last growth started, or speeded up
  std::optional<double> onset_h;  // the same, when something changed there
  std::vector<double> jumps_mb;   // in the order of model.terms' jumps
  double score = 0;               // twice the log likelihood less the price of the terms
  double quiet_since_h = 0;       // when the last thing ended that made memory grow
};

Findings find_causes(const Curve& curve);

// A level for each life that the curve has points of.
std::vector<Term> levels(const Curve& curve);

}  // namespace tidemark::verdict
