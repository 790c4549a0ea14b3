#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tidemark {

// The usual line of folded text, "main;parse 120", taken apart from its end: the number
// goes to `value`, the stack is returned. Empty when the line is anything but that.
inline std::string_view split_plain(std::string_view line, std::int64_t& value) {
  constexpr std::size_t kDigits = 18;  // which fit 64 bits
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::size_t at = line.size();
  std::uint64_t number = 0;
  for (std::uint64_t unit = 1; at > 0 && is_digit(line[at - 1]); --at, unit *= 10) {
    number += unit * static_cast<std::uint64_t>(line[at - 1] - '0');
  }
  const std::size_t digits = line.size() - at;
  if (digits == 0 || digits > kDigits || at < 2 || line[at - 1] != ' ') return {};
  const char before = line[at - 2];
  if (before == ' ' || before == '\t' || before == ';') return {};
  value = static_cast<std::int64_t>(number);
  return line.substr(0, at - 1);
}

}  // namespace tidemark
