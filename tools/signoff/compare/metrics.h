#pragma once

#include <string_view>
#include <vector>

#include "tools/signoff/compare/comparison.h"

namespace tidemark::signoff {

// The repetitions of one run on one side.
using Side = std::vector<const RunFacts*>;

// Whether more of it is good: rates and shares of what worked. Everything else is a cost.
bool more_is_better(std::string_view metric);

// Contrasts every metric that both sides measured; the same number under several names ("p95",
// "p95@load" of the only stage) once. Those that `concerns` spoil are not judged;
// nothing else is yet.
std::vector<MetricChange> metric_changes(const Side& before, const Side& after,
                                         const std::vector<Concern>& concerns);

// Judges all metrics of all pairs together, so that of those that come out as worse or better 5 %
// are false at most, in the mean. A difference whose whole interval is smaller than the share
// `same` is the same, however sure it is.
void judge_metrics(std::vector<PairChange>& pairs, double same);

// Of what an interval says: the rest is unsure. `adjusted` is the p-value for many.
Change change_of(const Contrast& contrast, double adjusted, bool more_is_better, double same);

}  // namespace tidemark::signoff
