#pragma once

#include <cstddef>
#include <string>

namespace tidemark::bench {

struct PerfScriptText {
  std::string text;
  std::size_t samples = 0;
};

// A text as perf script prints it of a build server, `bytes` long, always the same:
// recorded samples of g++ and rustc, with about 43,000 distinct folded stacks.
// Which stack a sample has follows Zipf's law; where in the innermost function it
// was hit, one of 16 places; the call's return addresses are the stack's own.
PerfScriptText large_perf_script(std::size_t bytes);

}  // namespace tidemark::bench
