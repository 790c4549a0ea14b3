#pragma once

#include "tools/signoff/facts/run_facts.h"

namespace tidemark::signoff {

// Who held how much memory by massif's trees: in the last tenth of the time before the
// target was asked to stop, of all processes together. False when no file of massif is
// there that can be read, and `facts` are as they were.
bool add_massif_levels(RunFacts& facts);

}  // namespace tidemark::signoff
