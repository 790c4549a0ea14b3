#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/load/result.h"
#include "lib/load/scenario.h"
#include "tools/pressure/engine/tally.h"

namespace tidemark::pressure {

// When a stage ran, by the system's clock; a stage that did not run has no times.
struct StageTimes {
  std::int64_t start_ms = 0;
  std::int64_t end_ms = 0;
};

// Which labels are requests of the mix; the others are measured beside it.
std::vector<bool> are_in_mix(const load::Scenario& scenario, const Tally& tally);

// The stages and labels of a run that ended, as a result tells them: each label in each
// stage that ran and in the whole run, and all requests of the mix together as "".
// REQUIRES: `times` has an entry for each of stages_of().
void collect(const load::Scenario& scenario, const Tally& tally,
             const std::vector<StageTimes>& times, load::RunResult& result);

}  // namespace tidemark::pressure
