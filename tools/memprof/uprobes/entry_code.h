#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tidemark::memprof {

// Where a function is best probed. The kernel does in software what some instructions do (a push,
// a jump, a call); all others it lets run out of line, step by step, which costs a trap more: about
// 14 us on some virtual machines, against 0.5 to 1 us.
struct ProbePoint {
  std::size_t offset = 0;  // from the function's start
  bool emulated = false;   // whether the kernel does the instruction itself
};

// Of the function whose x86-64 code begins with `code`: the first instruction that the kernel
// emulates, if all that is before it always runs and leaves the arguments in rdi, rsi and rdx;
// else its first one.
ProbePoint probe_point(std::string_view code);

}  // namespace tidemark::memprof
