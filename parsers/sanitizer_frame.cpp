#include "parsers/sanitizer_frame.h"

#include <algorithm>
#include <string>

#include "lib/base/numbers.h"

namespace tidemark {
namespace {

// Cuts " (`start`...)" off the end of `text`; what is between the parentheses.
std::string_view cut_parenthesis(std::string_view& text, std::string_view start) {
  const std::size_t at = text.rfind(" (");
  if (at == std::string_view::npos || !text.ends_with(')')) return {};
  const std::string_view inside = text.substr(at + 2, text.size() - at - 3);
  if (inside.find(start) == std::string_view::npos) return {};
  text = text.substr(0, at);
  return inside;
}

// Cuts ":12" off the end of `text`; the number, or 0 when there is none.
std::int64_t cut_number(std::string_view& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return 0;
  const std::int64_t number = to_number(text.substr(colon + 1)).value_or(0);
  if (number > 0) text = text.substr(0, colon);
  return std::max<std::int64_t>(number, 0);
}

// Splits "f(int) /src/a b.cpp:4:12". Paths hold blanks more often than function
// names hold " /"; a path that is not absolute holds none.
void split_place(std::string_view text, Frame& frame) {
  std::string_view place = text;
  std::int64_t line = cut_number(place);
  if (line > 0) {
    const std::int64_t before = cut_number(place);
    if (before > 0) line = before;  // what we cut first was the column
    const std::size_t absolute = place.find(" /");
    const std::size_t blank = absolute == std::string_view::npos ? place.rfind(' ') : absolute;
    if (blank != std::string_view::npos) {
      frame.file = place.substr(blank + 1);
      frame.line = line;
      text = place.substr(0, blank);
    }
  }
  constexpr std::string_view kNull = "<null>";
  if (text.ends_with(kNull)) text.remove_suffix(kNull.size());
  if (text.ends_with(' ')) text.remove_suffix(1);
  if (text != kNull) frame.function = text;
}

}  // namespace

Frame sanitizer_frame(std::string_view line) {
  Frame frame;
  if (line.starts_with("0x")) {
    const std::size_t end = std::min(line.find(' '), line.size());
    frame.address = to_hex(line.substr(0, end)).value_or(0);
    line.remove_prefix(std::min(end + 1, line.size()));
    if (line.starts_with("in ")) line.remove_prefix(3);
  }
  cut_parenthesis(line, "BuildId: ");
  const std::string_view module = cut_parenthesis(line, "+0x");
  const std::size_t plus = module.rfind("+0x");
  if (plus != std::string_view::npos) {
    frame.module = module.substr(0, plus);
    frame.offset = to_hex(module.substr(plus + 1)).value_or(0);
  }
  split_place(line, frame);
  return frame;
}

}  // namespace tidemark
