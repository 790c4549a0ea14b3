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

void FoldedBuffer::add(std::string_view stack, std::span<const std::int64_t> numbers) {
  constexpr std::size_t kDigits = 20;
  constexpr std::size_t kPiece = std::size_t{256} << 10;
  text_ += stack;
  for (const std::int64_t number : numbers) {
    std::array<char, kDigits> digits{};
    const auto end = std::to_chars(digits.begin(), digits.end(), number);
    text_ += ' ';
    text_.append(digits.data(), static_cast<std::size_t>(end.ptr - digits.data()));
  }
  text_ += '\n';
  if (text_.size() >= kPiece) flush();
}

void FoldedBuffer::flush() {
  if (!text_.empty()) sink_(text_);
  text_.clear();
}

void write_folded(const Profile& profile, const FoldedOptions& options, const TextSink& sink) {
  const bool keep_zeros = options.zeros == Zeros::kKept;
  // A stack is told of when any value asked for is not 0: all are, to keep zeros.
  std::vector<std::size_t> values = {options.value};
  for (std::size_t i = 0; keep_zeros && i < profile.value_types().size(); ++i) values.push_back(i);
  FoldedBuffer buffer(sink);
  each_folded_line(profile, values,
                   [&](std::string_view stack, std::span<const std::int64_t> sums) {
                     if (sums[0] != 0 || keep_zeros) buffer.add(stack, sums.first(1));
                   });
  buffer.flush();
}

std::string to_folded(const Profile& profile, std::size_t value, Zeros zeros) {
  std::string text;
  write_folded(profile, {.value = value, .zeros = zeros},
               [&](std::string_view piece) { text += piece; });
  return text;
}

}  // namespace tidemark
