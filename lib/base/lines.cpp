#include "lib/base/lines.h"

#include <fmt/format.h>

#include <cassert>
#include <cstring>

#include "lib/base/error.h"
#include "lib/base/numbers.h"

namespace tidemark {
namespace {

constexpr std::size_t kQuotedLimit = 80;

// The length of the UTF-8 character that starts `text`, 0 when it is not one.
// Overlong forms, surrogates and values above U+10FFFF are not (RFC 3629).
// NOLINTNEXTLINE(readability-function-cognitive-complexity): the table of RFC 3629, row by row
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned low = first == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = first == 0xED ? 0x9F : 0xBF;
    return follows(1, low, high) && follows(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned low = first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
    return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

// C1 controls (U+0080 to U+009F) start escapes on some terminals; the
// bidirectional overrides reorder what a reader sees.
bool harmful(std::string_view character) {
  if (character.size() == 1) {
    const auto byte = static_cast<unsigned char>(character[0]);
    return byte < 0x20 || byte == 0x7F;
  }
  if (character.size() == 2) return character[0] == '\xC2' && (character[1] & '\x60') == 0;
  return (character >= "\xE2\x80\xAA" && character <= "\xE2\x80\xAE") ||
         (character >= "\xE2\x81\xA6" && character <= "\xE2\x81\xA9");
}

}  // namespace

bool Lines::next() {
  if (ended_ || next_ >= bytes_.size()) {
    ended_ = true;
    return false;
  }
  start_ = next_;
  const char* const begin = bytes_.data() + start_;
  const std::size_t left = bytes_.size() - start_;
  const void* const newline = std::memchr(begin, '\n', left);
  whole_ = newline != nullptr;
  std::size_t length =
      whole_ ? static_cast<std::size_t>(static_cast<const char*>(newline) - begin) : left;
  next_ = start_ + length + (whole_ ? 1 : 0);
  if (length > 0 && begin[length - 1] == '\r') --length;
  line_ = {begin, length};
  ++number_;
  return true;
}

void Lines::again() {
  assert(number_ > 0);
  if (ended_) return;
  next_ = start_;
  --number_;
}

std::string_view Lines::expect_text(std::string_view prefix) {
  if (!next() || !line_.starts_with(prefix)) fail(fmt::format("'{}...'", prefix));
  return line_.substr(prefix.size());
}

std::int64_t Lines::expect_number(std::string_view prefix) {
  const std::string expected = fmt::format("'{}<number>'", prefix);
  if (!next() || !line_.starts_with(prefix)) fail(expected);
  const auto number = to_number(line_.substr(prefix.size()));
  if (!number) fail(expected);
  return *number;
}

void Lines::fail(std::string_view expected) const {
  if (ended_) {
    throw Error(
        fmt::format("{}:{}: expected {}, found the end of the file", name_, number_ + 1, expected));
  }
  throw Error(fmt::format("{}:{}: expected {}, found {}", name_, number_, expected, quoted(line_)));
}

std::string Lines::at(std::string_view message) const {
  return fmt::format("{}:{}: {}", name_, number_, message);
}

std::string quoted(std::string_view text) {
  const bool cut = text.size() > kQuotedLimit;
  return "'" + printable(text.substr(0, kQuotedLimit)) + (cut ? "...'" : "'");
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const std::string_view character = text.substr(0, length == 0 ? 1 : length);
    if (length != 0 && !harmful(character)) {
      out += character;
    } else {
      for (const char c : character) {
        out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
      }
    }
    text.remove_prefix(character.size());
  }
  return out;
}

}  // namespace tidemark
