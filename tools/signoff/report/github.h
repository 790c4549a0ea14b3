#pragma once

#include <string>

#include "tools/signoff/result.h"

namespace tidemark::signoff {

// Workflow commands of GitHub Actions, one a line, the worst first: rules and findings at their
// places as ::error, ::warning and ::notice. GitHub shows ten of each kind in a step, so that
// is how many there are; a last notice says what was left out.
std::string result_github(const SignoffResult& result);

}  // namespace tidemark::signoff
