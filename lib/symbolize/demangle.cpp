#include "lib/symbolize/demangle.h"

#include <cxxabi.h>
#include <libiberty/demangle.h>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string_view>

namespace tidemark {
namespace {

// The demangler's work can grow much faster than its input, and so can its text.
constexpr std::size_t kLongest = 4096;
constexpr std::size_t kLongestText = std::size_t{1} << 16;

bool is_cpp(std::string_view symbol) {
  return symbol.starts_with("_Z") || symbol.starts_with("_GLOBAL__");
}

bool is_rust(std::string_view symbol) { return symbol.starts_with("_R"); }

// Ends a demangler whose text has become too long.
struct TooLong {};

void collect(const char* text, std::size_t length, void* opaque) {
  auto& all = *static_cast<std::string*>(opaque);
  if (all.size() + length > kLongestText) throw TooLong();
  all.append(text, length);
}

// With libiberty, the demangler of binutils and perf; empty when it is none.
std::string with_libiberty(const char* symbol, int options) {
  std::string text;
  try {
    // Rust's older names look like C++ names.
    if (rust_demangle_callback(symbol, options, collect, &text) != 0) return text;
    text.clear();
    if (is_cpp(symbol) && cplus_demangle_v3_callback(symbol, options, collect, &text) != 0) {
      return text;
    }
  } catch (const TooLong&) {
  }
  return "";
}

}  // namespace

std::string demangled(const char* symbol) {
  const std::string_view name(symbol);
  if (name.size() > kLongest) return std::string(name);
  if (is_rust(name)) {
    std::string text = with_libiberty(symbol, DMGL_PARAMS | DMGL_ANSI);
    return text.empty() ? std::string(name) : text;
  }
  if (!name.starts_with("_Z")) return std::string(name);
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(symbol, nullptr, nullptr, &status), std::free);
  return status == 0 && text != nullptr ? std::string(text.get()) : std::string(name);
}

std::string demangled_name(const char* symbol) {
  const std::string_view name(symbol);
  if (name.size() > kLongest || (!is_cpp(name) && !is_rust(name))) return std::string(name);
  if (const std::size_t at = name.find('@'); at != std::string_view::npos) {
    const std::string function(name.substr(0, at));
    return demangled_name(function.c_str()).append(name.substr(at));
  }
  std::string text = with_libiberty(symbol, DMGL_NO_OPTS);
  return text.empty() ? std::string(name) : text;
}

}  // namespace tidemark
