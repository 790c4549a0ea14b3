#include "lib/report/folded.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

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

std::string to_folded(const Profile& profile, std::size_t value, Zeros zeros) {
  // A stack is told of when any value asked for is not 0: all are, to keep zeros.
  std::vector<std::size_t> values = {value};
  for (std::size_t i = 0; zeros == Zeros::kKept && i < profile.value_types().size(); ++i) {
    values.push_back(i);
  }
  std::string text;
  each_folded_line(profile, values,
                   [&](std::string_view stack, std::span<const std::int64_t> sums) {
                     if (sums[0] != 0 || zeros == Zeros::kKept) {
                       append_folded(text, stack, sums.first(1));
                     }
                   });
  return text;
}

}  // namespace tidemark
