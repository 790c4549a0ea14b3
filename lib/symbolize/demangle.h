#pragma once

#include <string>

namespace tidemark {

// A C++ or Rust symbol as its author wrote it; anything else, and any symbol too
// long to be worth it, unchanged.
std::string demangled(const char* symbol);

// The same without arguments and type of the result, as perf shows functions:
// "ns::A<int>::f<double>". What follows an "@" is kept: "ns::f@plt".
std::string demangled_name(const char* symbol);

}  // namespace tidemark
