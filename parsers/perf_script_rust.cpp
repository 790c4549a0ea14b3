// Names as Rust writes them. Its older mangling looks like C++'s, so perf undoes
// one half of it: brackets and spaces stay escaped, and a hash stays at the end.

#include <algorithm>
#include <array>
#include <utility>

#include "parsers/perf_script_names.h"

namespace tidemark::perf_script {
namespace {

using Escape = std::pair<std::string_view, std::string_view>;

// As rustc's legacy mangling has them.
constexpr std::array<Escape, 19> kEscapes = {{
    {"$C$", ","},   {"$SP$", "@"},  {"$BP$", "*"},  {"$RF$", "&"},  {"$LT$", "<"},
    {"$GT$", ">"},  {"$LP$", "("},  {"$RP$", ")"},  {"$u20$", " "}, {"$u22$", "\""},
    {"$u27$", "'"}, {"$u2b$", "+"}, {"$u3b$", ";"}, {"$u5b$", "["}, {"$u5d$", "]"},
    {"$u7b$", "{"}, {"$u7d$", "}"}, {"$u7e$", "~"}, {"$u3d$", "="},
}};

// "::h0123456789abcdef"
constexpr std::size_t kHash = 19;

bool has_hash(std::string_view name) {
  if (name.size() <= kHash) return false;
  const std::string_view hash = name.substr(name.size() - kHash);
  return hash.starts_with("::h") && std::ranges::all_of(hash.substr(3), [](char c) {
           return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
         });
}

// How many bytes at the start of `text` are one UTF-8 character, or `false` and
// how many are the start of one that breaks off: what one U+FFFD replaces.
// NOLINTNEXTLINE(readability-function-cognitive-complexity): the table of RFC 3629, row by row
std::pair<bool, std::size_t> utf8_piece(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return {true, 1};
  std::size_t length = 0;
  unsigned low = 0x80;
  unsigned high = 0xBF;
  if (first >= 0xC2 && first <= 0xDF) length = 2;
  if (first >= 0xE0 && first <= 0xEF) length = 3;
  if (first >= 0xF0 && first <= 0xF4) length = 4;
  if (length == 0) return {false, 1};
  if (first == 0xE0) low = 0xA0;
  if (first == 0xED) high = 0x9F;
  if (first == 0xF0) low = 0x90;
  if (first == 0xF4) high = 0x8F;
  for (std::size_t i = 1; i < length; ++i) {
    if (i >= text.size() || byte(i) < low || byte(i) > high) return {false, i};
    low = 0x80;
    high = 0xBF;
  }
  return {true, length};
}

}  // namespace

std::string rust_name(std::string_view name) {
  if (!has_hash(name)) return std::string(name);
  name.remove_suffix(kHash);
  if (name.starts_with("_$")) name.remove_prefix(1);
  std::string out;
  while (!name.empty()) {
    if (name.starts_with("..")) {
      out += "::";
      name.remove_prefix(2);
    } else if (name[0] == '$') {
      const auto* const escape = std::ranges::find_if(
          kEscapes, [&](const Escape& known) { return name.starts_with(known.first); });
      if (escape == kEscapes.end()) return out.append(name);
      out += escape->second;
      name.remove_prefix(escape->first.size());
    } else {
      const std::size_t next = std::min(name.find_first_of("$.", 1), name.size());
      out += name.substr(0, next);
      name.remove_prefix(next);
    }
  }
  return out;
}

std::string with_replacements(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto [valid, length] = utf8_piece(text);
    out += valid ? text.substr(0, length) : "\xEF\xBF\xBD";
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace tidemark::perf_script
