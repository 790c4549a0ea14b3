#pragma once

#include "lib/cli/tool.h"
#include "lib/verdict/leak_judge.h"

namespace tidemark::leakwatch {

// What a soak's answer means to a script, when nothing failed and no limit was passed.
inline int exit_code_of(verdict::Answer answer) {
  switch (answer) {
    case verdict::Answer::kLeak:
      return cli::kFound;
    case verdict::Answer::kBounded:
    case verdict::Answer::kNoLeak:
      return cli::kOk;
    case verdict::Answer::kNotEnough:
      break;
  }
  return cli::kUndecided;
}

}  // namespace tidemark::leakwatch
