#pragma once

#include <cstddef>
#include <vector>

#include "lib/verdict/blocks.h"

namespace tidemark::verdict {

// One point of the series that is judged.
struct FloorPoint {
  double at_h = 0;      // on the run's own clock
  double value = 0;     // MB
  double requests = 0;  // on the counter
  double load = 0;      // requests a second
  double age_h = 0;     // since the life's start
  std::size_t life = 0;
};

// The stretch of time that makes one point.
struct Window {
  double length_h = 0;
  bool least = false;  // the least value in it, else the lower quartile
};

// The memory that stays when short-lived use is taken away, one point a window.
// Short spikes leave no trace in a lower quartile; a collector's sawtooth or a
// frequent job leaves none in the least value of windows as long as one cycle.
//
// The first hour of each life, or quarter when it is shorter than four hours, is
// left out: everything warms up. A slower warm-up is left to the model.
std::vector<FloorPoint> floor_series(const Blocks& blocks, const Window& window);

// The windows worth trying: quartiles for at most about `most` points, and least
// values of longer and longer windows.
std::vector<Window> windows(const Blocks& blocks, std::size_t most);

}  // namespace tidemark::verdict
