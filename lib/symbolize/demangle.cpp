#include "lib/symbolize/demangle.h"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <string_view>

namespace tidemark {
namespace {

// The demangler's work can grow much faster than its input.
constexpr std::size_t kLongest = 4096;

}  // namespace

std::string demangled(const char* symbol) {
  const std::string_view name(symbol);
  if (!name.starts_with("_Z") || name.size() > kLongest) return std::string(name);
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(symbol, nullptr, nullptr, &status), std::free);
  return status == 0 && text != nullptr ? std::string(text.get()) : std::string(name);
}

}  // namespace tidemark
