#pragma once

#include <string>

#include "lib/load/scenario.h"
#include "tools/pressure/engine/address.h"
#include "tools/pressure/engine/loop.h"

namespace tidemark::pressure {

// How much load a target can bear that a profiler slows down.
struct Calibration {
  double capacity = 0;   // answers a second to a few clients that wait for them
  double divide_by = 1;  // what the scenario's rates are divided by
  std::string words;     // for people; empty: the rates stay
};

// Asks the target what it can answer: the mix in a closed loop of a few clients, for some
// seconds. An open load may then take up to half of that at its highest rate; a closed one
// finds its rate by itself.
Calibration calibrated(const load::Scenario& scenario, const Addresses& addresses, Loop& loop);

}  // namespace tidemark::pressure
