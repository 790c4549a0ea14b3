#pragma once

// The frame rules of places that were met before. Without locks; an entry that is in the way
// of another one is replaced.

#include <cstdint>

#include "agent/cfi.h"

namespace tidemark::agent {

// `place` as in heap_file::Node, so that it never means other code than it did.
bool find_rules(std::uint64_t place, FrameRules& rules);
void keep_rules(std::uint64_t place, const FrameRules& rules);

}  // namespace tidemark::agent
