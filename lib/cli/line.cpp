#include "lib/cli/line.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "lib/base/lines.h"
#include "lib/cli/terminal.h"

namespace tidemark::cli {
namespace {

using Range = std::pair<char32_t, char32_t>;

// Unicode's East Asian Width W and F, in the blocks that occur.
constexpr std::array<Range, 12> kWide = {{{0x1100, 0x115F},
                                          {0x2E80, 0x303E},
                                          {0x3041, 0xA4CF},
                                          {0xA960, 0xA97C},
                                          {0xAC00, 0xD7A3},
                                          {0xF900, 0xFAFF},
                                          {0xFE30, 0xFE6F},
                                          {0xFF00, 0xFF60},
                                          {0xFFE0, 0xFFE6},
                                          {0x1F300, 0x1F64F},
                                          {0x1F900, 0x1F9FF},
                                          {0x20000, 0x3FFFD}}};
// Combining marks and what has no width.
constexpr std::array<Range, 6> kNone = {{{0x0300, 0x036F},
                                         {0x1AB0, 0x1AFF},
                                         {0x200B, 0x200F},
                                         {0x20D0, 0x20FF},
                                         {0xFE00, 0xFE0F},
                                         {0xFE20, 0xFE2F}}};

bool in(char32_t character, const auto& ranges) {
  return std::ranges::any_of(ranges, [&](const Range& range) {
    return range.first <= character && character <= range.second;
  });
}

std::size_t width_of(char32_t character) {
  if (character < 0x300) return 1;
  return in(character, kNone) ? 0 : in(character, kWide) ? 2 : 1;
}

// The length of the character that starts `text`. REQUIRES: it is UTF-8.
std::size_t length_of(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  return std::min(length, text.size());
}

char32_t character_of(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return byte(0);
  char32_t out = byte(0) & (0xFFU >> (character.size() + 1));
  for (std::size_t i = 1; i < character.size(); ++i) out = out << 6 | (byte(i) & 0x3FU);
  return out;
}

// The start of `text` that fits; its width.
std::pair<std::string_view, std::size_t> start_of(std::string_view text, std::size_t columns) {
  std::size_t used = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t length = length_of(text.substr(at));
    const std::size_t width = width_of(character_of(text.substr(at, length)));
    if (used + width > columns) break;
    used += width;
    at += length;
  }
  return {text.substr(0, at), used};
}

// What stands for the characters that we ourselves use where there is only ASCII.
std::string ascii(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 17> kAscii = {{{"±", "+-"},
                                                                                     {"·", "|"},
                                                                                     {"…", "~"},
                                                                                     {"–", "-"},
                                                                                     {"▲", "^"},
                                                                                     {"▁", "_"},
                                                                                     {"▂", "."},
                                                                                     {"▃", "-"},
                                                                                     {"▄", "-"},
                                                                                     {"▅", "="},
                                                                                     {"▆", "="},
                                                                                     {"▇", "#"},
                                                                                     {"█", "#"},
                                                                                     {"≤", "<="},
                                                                                     {"≥", ">="},
                                                                                     {"→", "->"},
                                                                                     {"µ", "u"}}};
  std::string out;
  while (!text.empty()) {
    const std::string_view character = text.substr(0, length_of(text));
    const auto known =
        std::ranges::find(kAscii, character, &std::pair<std::string_view, std::string_view>::first);
    out += character.size() == 1   ? character
           : known != kAscii.end() ? known->second
                                   : std::string_view("?");
    text.remove_prefix(character.size());
  }
  return out;
}

std::string_view start_of(Style style) {
  switch (style) {
    case Style::kPlain:
      break;
    case Style::kBold:
      return "\x1b[1m";
    case Style::kDim:
      return "\x1b[2m";
    case Style::kRed:
      return "\x1b[1;31m";
    case Style::kAmber:
      return "\x1b[33m";
    case Style::kGreen:
      return "\x1b[32m";
    case Style::kBlue:
      return "\x1b[36m";
  }
  return "";
}

bool is_colour(Style style) {
  return style == Style::kAmber || style == Style::kGreen || style == Style::kBlue;
}

std::string_view environment(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it
  return value == nullptr ? std::string_view() : value;
}

// As POSIX looks for the character set.
bool has_unicode() {
  for (const char* const name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view locale = environment(name);
    if (locale.empty()) continue;
    return locale.find("UTF-8") != std::string_view::npos ||
           locale.find("utf8") != std::string_view::npos ||
           locale.find("UTF8") != std::string_view::npos ||
           locale.find("utf-8") != std::string_view::npos;
  }
  return false;
}

}  // namespace

Look look_of(int fd) { return {.colour = wants_colour(fd), .unicode = has_unicode()}; }

std::size_t columns_of(std::string_view text) { return start_of(text, SIZE_MAX).second; }

std::string fitted(std::string_view text, std::size_t columns) {
  if (columns_of(text) <= columns) return std::string(text);
  if (columns == 0) return "";
  return std::string(start_of(text, columns - 1).first) + "…";
}

std::vector<std::string> wrapped(std::string_view text, std::size_t columns, std::size_t most) {
  std::vector<std::string> out;
  while (!text.empty() && out.size() < most) {
    std::string_view line = start_of(text, std::max<std::size_t>(columns, 2)).first;
    if (out.size() + 1 == most) {
      out.push_back(fitted(text, columns));
      break;
    }
    if (line.size() < text.size() && text[line.size()] != ' ') {
      const std::size_t space = line.rfind(' ');
      if (space != std::string_view::npos && space > 0) line = line.substr(0, space);
    }
    out.emplace_back(line);
    text.remove_prefix(line.size());
    while (text.starts_with(' ')) text.remove_prefix(1);
  }
  return out;
}

Line& Line::add(std::string_view text, Style style) {
  const std::string safe = printable(text);
  const std::string shown = fitted(look_.unicode ? safe : ascii(safe), left());
  columns_ += columns_of(shown);
  // Without colours what would be red is bold, and nothing else is lost.
  if (!look_.colour && style == Style::kRed) style = Style::kBold;
  if (!look_.colour && is_colour(style)) style = Style::kPlain;
  const std::string_view start = start_of(style);
  text_ += start;
  text_ += look_.unicode ? shown : ascii(shown);
  if (!start.empty()) text_ += "\x1b[0m";
  return *this;
}

Line& Line::add_right(std::string_view text, std::size_t columns, Style style) {
  const std::size_t wide = columns_of(text);
  if (wide < columns) add(std::string(columns - wide, ' '));
  return add(text, style);
}

Line& Line::to(std::size_t column) {
  if (column > columns_) add(std::string(std::min(column, width_) - columns_, ' '));
  return *this;
}

}  // namespace tidemark::cli
