#pragma once

#include <vector>

#include "lib/suppress/rules.h"

namespace tidemark::memprof {

// What profilers are known to report of every program, whoever wrote it. It is
// suppressed like what the user's own rules cover: counted, and listed as that.
std::vector<SuppressionRule> known_noise();

}  // namespace tidemark::memprof
