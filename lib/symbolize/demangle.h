#pragma once

#include <string>

namespace tidemark {

// A C++ (or Rust, legacy scheme) symbol as its author wrote it; anything else,
// and any symbol too long to be worth it, unchanged.
std::string demangled(const char* symbol);

}  // namespace tidemark
