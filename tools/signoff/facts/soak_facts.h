#pragma once

#include "tools/signoff/facts/run_facts.h"

namespace tidemark::signoff {

// What leakwatch decided, how fast memory grows, and which sites do. REQUIRES: facts.run is set.
void add_soak(RunFacts& facts);

// What verdict.json of leakwatch says, by itself; throws Error.
void add_verdict(std::string_view name, std::string_view text, RunFacts& facts);

}  // namespace tidemark::signoff
