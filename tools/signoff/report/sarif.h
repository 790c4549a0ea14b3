#pragma once

#include <string>

#include "tools/signoff/result.h"

namespace tidemark::signoff {

// SARIF 2.1.0: rules that failed, are waived or could not be decided, at their places in the
// budget files, and what runs found, at its places in the source.
std::string result_sarif(const SignoffResult& result);

}  // namespace tidemark::signoff
