#include "tools/pressure/protocols/fit.h"

#include <fmt/format.h>

#include <iterator>

namespace tidemark::pressure {

void append_fit_path(std::string& out, std::string_view path) {
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(out), "%{:02X}", byte);
    } else {
      out += c;
    }
  }
}

void append_fit_value(std::string& out, std::string_view value) {
  for (const char c : value) out += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
}

}  // namespace tidemark::pressure
