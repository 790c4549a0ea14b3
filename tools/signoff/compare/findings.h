#pragma once

#include <vector>

#include "tools/signoff/compare/comparison.h"
#include "tools/signoff/compare/metrics.h"

namespace tidemark::signoff {

// Whether a finding of that kind, when it is new, makes things worse: errors, races, definite
// leaks. Memory that may be lost, or is only in use, does not.
bool is_trouble(FindingKind kind);

// Fills in `findings` and `fixed`. What only one side looks for (leaks, races), and what
// `concerns` spoil, stays unjudged: it is neither new nor fixed.
void add_findings(PairChange& pair, const Side& before, const Side& after);

}  // namespace tidemark::signoff
