#pragma once

#include <string>

#include "tools/signoff/result.h"

namespace tidemark::signoff {

// JUnit XML: a suite for each phase, in it a case for each run and each rule, and a suite for the
// campaign's verdict. Something in it is a failure or an error exactly when the exit code is not 0,
// so that a CI system shows red when, and only when, the campaign does.
std::string result_junit(const SignoffResult& result);

}  // namespace tidemark::signoff
