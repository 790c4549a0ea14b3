#pragma once

#include <cstddef>
#include <span>

#include "lib/verdict/fit.h"
#include "lib/verdict/floor_series.h"

namespace tidemark::verdict {

// Growth in separate moves: what goes up at once and stays.
//
// The scale of the noise comes from the lower half of the moves from point to
// point, as lumps of a leak only go up; a move is a lump when it stands out of
// that, neighbouring ones being one lump. Memory that wanders has no lumps: its
// moves down are as large as those up.
struct Lumps {
  double count = 0;
  double equal = 0;       // how many equal ones would be as uncertain: (sum)^2 / sum of squares
  double late_count = 0;  // in the second half of the time
  double up_mb = 0;
  double late_up_mb = 0;
  double down_mb = 0;  // the same downwards
  double net_mb = 0;   // last value less first, within lives
  double hours = 0;
  double since_last_h = 0;
  // How the lumps lie in the time: standard normal when they come at a constant
  // rate, negative when they become rarer (the test of Laplace).
  double trend = 0;
  // Variance of a lump's size and of the time between two, over their squared means.
  double unevenness = 1;

  // Whether the growth is mostly lumps, nearly only upwards, that still come.
  bool dominate() const;
};

Lumps lumps_of(std::span<const FloorPoint> points, std::span<const double> path);

// Growth in the next 24 hours from the rate of the lumps, MB.
Belief lump_belief(const Lumps& lumps);

}  // namespace tidemark::verdict
