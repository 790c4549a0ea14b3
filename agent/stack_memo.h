#pragma once

// The nodes of whole stacks that were met before: most samples of a program have one of few
// stacks, and to walk the trie frame by frame touches a line of memory for each.

#include <cstdint>

#include "agent/stack_trie.h"

namespace tidemark::agent {

// A word each: 40 bits of a stack's hash and the number of its node, in a slot that 9 further bits
// choose. That another stack, with the same innermost frame, is taken for one that is here happens
// once in 2^40 stacks. To be emptied when the trie is another one.
struct StackMemo {
  static constexpr std::uint64_t kSlots = 1 << 9;

  std::uint64_t words[kSlots];

  // As StackTrie::stack.
  std::uint32_t stack(const StackTrie& trie, const std::uint64_t* places, std::uint32_t frames,
                      bool& cut);
};

}  // namespace tidemark::agent
