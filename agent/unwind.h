#pragma once

// The call stack of the running thread.
//
// Own code instead of libunwind's, which validates an address by writing a byte into a pipe
// that it opened earlier: in a program that closes all its descriptors and opens others, that
// byte goes into one of the program's files. It also takes the loader's lock, and allocates.

#include <cstdint>

namespace tidemark::agent {

struct Stack {
  std::uint64_t* places;  // as in heap_file::Node, innermost frame first
  std::uint32_t limit;    // REQUIRES: that many fit into `places`
  std::uint32_t frames = 0;
  bool cut = false;  // there are more frames than these
};

// The part of the running thread's stack that is known to be readable.
struct StackBounds {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

// Adds the frames of all callers to `stack`, without this library's own.
void unwind(Stack& stack, StackBounds& bounds);

}  // namespace tidemark::agent
