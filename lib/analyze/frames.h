#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/model/finding.h"
#include "lib/model/frame.h"

namespace tidemark {

// What part a frame plays in a stack. Only kCode is what a reader looks for.
enum class FrameRole : std::uint8_t {
  kCode,       // the program's own, or a library's that is not listed below
  kAllocator,  // malloc and its kin, and well-known wrappers such as zmalloc
  kRuntime,    // the C and C++ runtime: std::, libc, a profiler's own library
  kStartup,    // how a process or thread comes to life: _start, clone
};

FrameRole role_of(const Frame& frame);

// The index of the innermost frame that is kCode; when there is none, of the
// innermost that is not an allocator's; else 0.
std::size_t interesting(const CallStack& stack);

// The indices of the frames that a report shows unless asked for all: those
// that are kCode, and the interesting one. Ascending; empty for an empty stack.
std::vector<std::size_t> folded(const CallStack& stack);

}  // namespace tidemark
