#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/budget/measure.h"
#include "lib/load/result.h"

namespace tidemark::signoff {

// "efficiency(N)" of each rung of a ladder, and "knee".
std::vector<budget::Measure> scaling_measures(const load::RunResult& run,
                                              std::vector<std::string>& warnings);

// The efficiency of any number of clients, by the fitted law; nothing when there is none.
std::optional<budget::Measure> efficiency_of(const load::RunResult& run, double clients);

// "recover": the slowest way back from a fault; `at_least` where one had not come back by the end.
// Nothing when there was no fault, or one could not be done, which is a warning.
std::vector<budget::Measure> recovery_measures(const load::RunResult& run,
                                               std::vector<std::string>& warnings);

}  // namespace tidemark::signoff
