#pragma once

// Taking a sample: whether, and what is written of it.

#include "agent/real.h"

namespace tidemark::agent {

// The agent is at work on this thread. Blocks that are asked for meanwhile, by what it calls
// or by a signal handler, are not sampled. A handler that left by longjmp does not come back:
// its mark lies below the stack pointer of whoever finds it. Keeps errno as it was.
class AtWork {
 public:
  AtWork();
  ~AtWork();
  AtWork(const AtWork&) = delete;
  AtWork& operator=(const AtWork&) = delete;

  // False: it was at work already.
  bool entered() const { return entered_; }

 private:
  int saved_errno_;
  bool entered_;
};

// For a block of `size` bytes that is due: draws the next gap, and returns the mean with which
// this block was drawn when it is to be sampled, else 0.
float take(const AtWork& work, Size size);

// Writes down a block that take() took. REQUIRES: no other thread knows the block yet.
void record(void* block, Size size, float mean);

}  // namespace tidemark::agent
