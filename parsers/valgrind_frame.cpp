#include "parsers/valgrind_frame.h"

#include <string>

#include "lib/base/numbers.h"

namespace tidemark {
namespace {

constexpr std::string_view kUnknown = "???";
constexpr std::string_view kIn = " (in ";
constexpr std::string_view kPlace = " (";

// Takes "0x10918E: " off `text`.
std::uint64_t take_address(std::string_view& text) {
  if (!text.starts_with("0x")) return 0;
  const std::size_t colon = text.find(": ");
  if (colon == std::string_view::npos) return 0;
  const auto address = to_hex(text.substr(0, colon));
  if (!address) return 0;
  text.remove_prefix(colon + 2);
  return *address;
}

// Takes " (file.c:12)" or " (in /lib/x.so)" off the end of `text`. What is in
// parentheses may hold some itself, and so may the function's name; " (" stands
// before a place only when a colon and digits, or the module, close it.
void take_place(std::string_view& text, Frame& frame) {
  if (!text.ends_with(')')) return;
  const std::string_view inside = text.substr(0, text.size() - 1);
  if (const std::size_t in = inside.rfind(kIn); in != std::string_view::npos) {
    frame.module = inside.substr(in + kIn.size());
    text = text.substr(0, in);
    return;
  }
  const std::size_t open = inside.rfind(kPlace);
  const std::size_t colon = inside.rfind(':');
  if (open == std::string_view::npos || colon == std::string_view::npos || colon < open) return;
  const auto line = to_number(inside.substr(colon + 1));
  if (!line || *line < 0) return;
  frame.file = inside.substr(open + kPlace.size(), colon - open - kPlace.size());
  frame.line = *line;
  text = text.substr(0, open);
}

}  // namespace

Frame valgrind_frame(std::string_view text) {
  Frame frame;
  frame.address = take_address(text);
  if (frame.address != 0) take_place(text, frame);
  if (text != kUnknown) frame.function = text;
  return frame;
}

}  // namespace tidemark
