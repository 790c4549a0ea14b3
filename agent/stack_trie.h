#pragma once

// The call stacks of a heap file: a trie of frames whose edges are found by hashing (caller,
// place). Without locks: a node is claimed by changing its caller from 0 to 1, and is there
// for others when its caller is the number of one + 2. Nothing is ever taken out.

#include <cstdint>

#include "agent/heap_file.h"

namespace tidemark::agent {

struct StackTrie {
  static constexpr std::uint32_t kNone = 0;  // the root: no call ends there

  heap_file::Node* nodes = nullptr;
  std::uint32_t count = 0;

  // The node of `place` called by node `caller`; kNone when there is no room for a new one.
  std::uint32_t call(std::uint32_t caller, std::uint64_t place) const;

  // The node of a whole stack, innermost frame first. When there is no room for all of it, the
  // node of the outer frames that are there, and `cut` is set.
  std::uint32_t stack(const std::uint64_t* places, std::uint32_t frames, bool& cut) const;
};

}  // namespace tidemark::agent
