#pragma once

#include <string>

#include "tools/signoff/result.h"

namespace tidemark::signoff {

// GitHub's Markdown for a comment on a pull request: the verdict, what is not passed, and the rest
// behind <details>. Short, whatever was found.
std::string result_markdown(const SignoffResult& result);

}  // namespace tidemark::signoff
