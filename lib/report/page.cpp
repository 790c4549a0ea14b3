#include "lib/report/page.h"

#include <cstddef>

#include "lib/base/numbers.h"

namespace tidemark {

std::string base64_of_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t at = 0; at + 2 <= hex.size(); at += 2) {
    bytes += static_cast<char>(to_hex(hex.substr(at, 2)).value_or(0));
  }
  return base64(bytes);
}

std::string filled(std::string_view page, const std::map<std::string_view, std::string>& values) {
  std::size_t length = page.size();
  for (const auto& [name, value] : values) length += value.size();
  std::string out;
  out.reserve(length);  // more or less
  while (true) {
    const std::size_t open = page.find("{{");
    out += page.substr(0, open);
    if (open == std::string_view::npos) return out;
    const std::size_t close = page.find("}}", open);
    out += values.at(page.substr(open + 2, close - open - 2));
    page.remove_prefix(close + 2);
  }
}

}  // namespace tidemark
