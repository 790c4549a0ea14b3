#pragma once

#include <cstddef>
#include <string>

#include "lib/cli/line.h"
#include "tools/signoff/result.h"

namespace tidemark::signoff {

struct TextOptions {
  std::size_t width = 100;
  cli::Look look = {.colour = false, .unicode = true};
};

// The verdict, then each rule from the worst on, phases, findings and the score, for a terminal:
// no line is wider than `width`, and nothing in it is an escape sequence but our colours.
std::string result_text(const SignoffResult& result, const TextOptions& options);

}  // namespace tidemark::signoff
