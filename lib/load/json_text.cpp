#include <fmt/format.h>

#include <iterator>
#include <string_view>

#include "lib/load/sections.h"

// TOML values as JSON text. Templates in texts keep their places; the rest is escaped.

namespace tidemark::load {
namespace {

using Kind = TomlNode::Kind;

void append_text(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  out += '"';
}

// Whether `text` is one place that is filled with a number, and nothing else.
bool is_number_place(std::string_view text) {
  if (text == "${seq}" || text == "${now}") return true;
  return text.starts_with("${int:") && text.find('}') == text.size() - 1;
}

void append(std::string& out, const TomlNode& node) {
  std::string_view separator;
  switch (node.kind) {
    case Kind::kText:
      if (is_number_place(node.text)) {
        out += node.text;
      } else {
        append_text(out, node.text);
      }
      break;
    case Kind::kDate:
      append_text(out, node.text);
      break;
    case Kind::kNumber:
      fmt::format_to(std::back_inserter(out), "{}", node.number);
      break;
    case Kind::kFraction:
      fmt::format_to(std::back_inserter(out), "{}", node.fraction);
      break;
    case Kind::kTruth:
      out += node.truth ? "true" : "false";
      break;
    case Kind::kList:
      out += '[';
      for (const TomlNode& item : node.items) {
        out += separator;
        append(out, item);
        separator = ",";
      }
      out += ']';
      break;
    case Kind::kTable:
      out += '{';
      for (const TomlMember& member : node.members) {
        out += separator;
        append_text(out, member.key);
        out += ':';
        append(out, member.value);
        separator = ",";
      }
      out += '}';
      break;
  }
}

}  // namespace

std::string json_of(const TomlValue& value) {
  std::string out;
  append(out, value.node());
  return out;
}

}  // namespace tidemark::load
