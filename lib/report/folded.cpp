#include "lib/report/folded.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <span>
#include <string_view>

#include "lib/report/folded_lines.h"

namespace tidemark {

std::string folded_name(const Frame& frame) {
  std::string name = name_of(frame);
  for (char& c : name) {
    if (c == ';') c = ':';
    if (c == '\n' || c == '\r' || c == '\0') c = ' ';
  }
  return name;
}

void append_folded(std::string& text, std::string_view stack,
                   std::span<const std::int64_t> numbers) {
  constexpr std::size_t kDigits = 20;
  text += stack;
  for (const std::int64_t number : numbers) {
    std::array<char, kDigits> digits{};
    const auto end = std::to_chars(digits.begin(), digits.end(), number);
    text += ' ';
    text.append(digits.data(), static_cast<std::size_t>(end.ptr - digits.data()));
  }
  text += '\n';
}

std::string to_folded(const Profile& profile, std::size_t value) {
  std::string text;
  each_folded_line(profile, {&value, 1},
                   [&](std::string_view stack, std::span<const std::int64_t> sums) {
                     if (sums[0] != 0) append_folded(text, stack, sums);
                   });
  return text;
}

}  // namespace tidemark
