#pragma once

#include <string>

#include "lib/model/run.h"
#include "tools/signoff/result.h"

namespace tidemark::signoff {

// What RunResult::why says of a run that a signal to us ended, and how it took that.
std::string interrupted_by(int signal, const End& end);

// Whether a run was interrupted, or never ended because we were killed.
bool is_interrupted(const RunResult& run);

}  // namespace tidemark::signoff
