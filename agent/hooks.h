#pragma once

// The allocation functions that stand before the program's own. Preloaded, the library exports
// them by these names; injected, import tables are made to point to them.

#include <span>

namespace tidemark::agent {

struct Hook {
  const char* name;  // of the function that it stands for
  void* function;
};

std::span<const Hook> hooks();

}  // namespace tidemark::agent
