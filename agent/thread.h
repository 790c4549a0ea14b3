#pragma once

#include <cstdint>

#include "agent/unwind.h"

namespace tidemark::agent {

// What the agent knows of a thread. All zero at its start, in static thread-local storage: to
// reach it takes no call and no allocation, and it is there for as long as the thread.
struct Thread {
  std::uint64_t left;    // bytes up to the next sample
  std::uint64_t random;  // state of the generator; 0: nothing was drawn yet
  std::uint64_t busy;    // stack pointer of the agent at work; 0: it is not
  StackBounds stack;
  float mean;  // that `left` was drawn with
  std::uint32_t tid;
};

// Hidden here too, or the compiler takes it to be another library's, and asks for its address.
// NOLINTNEXTLINE(bugprone-dynamic-static-initializers): it is constinit.
extern constinit thread_local Thread thread [[gnu::visibility("hidden")]];

// Takes `size` bytes off what is left. True when the block is due for the slow path, which
// draws anew: `left` has wrapped.
[[gnu::always_inline]] inline bool is_due(std::uint64_t size) {
  // One instruction, of which no compiler thinks by itself: this is what each malloc pays.
  bool due = false;
  asm("subq %2, %1" : "=@ccc"(due), "+m"(thread.left) : "er"(size));
  return due;
}

}  // namespace tidemark::agent
