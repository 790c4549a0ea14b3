#pragma once

#include <vector>

#include "tools/signoff/compare/comparison.h"
#include "tools/signoff/compare/metrics.h"

namespace tidemark::signoff {

// Contrasts the memory in use below every stack of the heap profiles, and the growth of every
// allocation site that was judged, where both sides have them. Judges nothing yet.
//
// A stack that a profile lacks holds nothing, give or take the smallest amount that this profile
// tells of: a sampled one cannot see less, and massif leaves out what is below its threshold.
void add_sites(PairChange& pair, const Side& before, const Side& after);

// Whether a site that holds more makes things worse: it is a share of all memory that matters,
// and a larger one where a side has a single run, which may have held it at that moment only.
bool matters(const PairChange& pair, const SiteChange& site);

// Judges the sites of all pairs together, so that of those that come out as worse or better 5 %
// are false at most, in the mean; sites that are the same go. Those of a pair whose `concerns`
// spoil all numbers are not judged.
void judge_sites(std::vector<PairChange>& pairs);

}  // namespace tidemark::signoff
