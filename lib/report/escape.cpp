#include "lib/report/escape.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "lib/base/lines.h"
#include "lib/base/numbers.h"

namespace tidemark {
namespace {

// U+FFFE and U+FFFF are UTF-8, and not allowed in XML.
constexpr std::string_view kNotXml = "\xEF\xBF\xBE\xEF\xBF\xBF";

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~/").find(c) != std::string_view::npos;
}

// Whether `text` starts with \x and two hexadecimal digits; the byte if so.
std::optional<char> escaped_byte(std::string_view text) {
  if (text.size() < 4 || !text.starts_with("\\x")) return std::nullopt;
  const auto byte = to_hex(text.substr(2, 2));
  if (!byte) return std::nullopt;
  return static_cast<char>(*byte);
}

// The length of the UTF-8 character that starts `text`; 0: it is not one.
std::size_t character_length(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (length == 1) return 1;
  if (first < 0xC2 || first > 0xF4 || length > text.size()) return 0;
  std::uint32_t value = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0U) != 0x80) return 0;
    value = value << 6U | (byte & 0x3FU);
  }
  constexpr std::array<std::uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  return value < kLeast.at(length) || value > 0x10FFFF || surrogate ? 0 : length;
}

}  // namespace

std::string markup_text(std::string_view text) {
  const std::string shown = printable(text);
  std::string out;
  out.reserve(shown.size() + shown.size() / 8);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const char c = shown[i];
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\'') {
      out += "&#39;";
    } else if (c == kNotXml[0] && (std::string_view(shown).substr(i, 3) == kNotXml.substr(0, 3) ||
                                   std::string_view(shown).substr(i, 3) == kNotXml.substr(3, 3))) {
      out += "\xEF\xBF\xBD";
      i += 2;
    } else {
      out += c;
    }
  }
  return out;
}

std::string markdown_text(std::string_view text) {
  constexpr std::string_view kMarkup = "\\`*_[]#|<>&~$";
  const std::string shown = printable(text);
  std::string out;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const char c = shown[i];
    const bool starts_url = c == ':' && std::string_view(shown).substr(i).starts_with("://");
    if (starts_url || kMarkup.find(c) != std::string_view::npos) {
      out += fmt::format("&#{};", static_cast<int>(c));
    } else if (c == '@') {
      out += "&#64;&#8203;";  // else a symbol's version, f@GLIBC_2.2, mentions a user
    } else {
      out += c;
    }
  }
  return out;
}

std::string uri_of(std::string_view path) {
  std::string out = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string reversible(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t length = character_length(bytes);
    if (length == 0) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(bytes[0]));
    } else if (bytes.starts_with("\\x")) {
      out += "\\x5c";
    } else {
      out += bytes.substr(0, length);
    }
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

std::string reversed(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    if (const auto byte = escaped_byte(text)) {
      out += *byte;
      text.remove_prefix(4);
    } else {
      out += text[0];
      text.remove_prefix(1);
    }
  }
  return out;
}

std::string_view cut(std::string_view text, std::size_t length) {
  while (length > 0 && length < text.size() && (text[length] & '\xC0') == '\x80') --length;
  return text.substr(0, length);
}

}  // namespace tidemark
