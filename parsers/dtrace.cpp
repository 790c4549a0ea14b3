// What DTrace prints of an aggregation by stack(), ustack() or jstack(), perhaps
// with other keys; it is what FlameGraph's stackcollapse.pl reads (and checked
// against its description: DTrace does not run on Linux).
//
//   CPU     ID                    FUNCTION:NAME
//     0  64091                        :tick-60s
//
//     bash
//                 genunix`syscall_mstate+0x4e
//                 libstdc++.so.6`std::thread::join()+0x11
//                 0xfffffd7fff1d2ef5
//                   3
//
// A stack is innermost first; a line with a number alone ends it and counts it.
// As in stackcollapse.pl a function keeps its module, and loses its offset. A line
// before the stack that is no frame is a key: it comes outermost. Two stacks, as
// of the kernel and the user, are one.

#include <string>
#include <string_view>
#include <utility>

#include "lib/base/numbers.h"
#include "parsers/all_formats.h"
#include "parsers/text_stacks.h"

namespace tidemark {
namespace {

constexpr std::string_view kExpected = "'<module>`<function>+0x<offset>' lines and a number";

bool is_frame(std::string_view text) {
  const std::size_t tick = text.find('`');
  if (tick == std::string_view::npos) return text.starts_with("0x") && to_hex(text).has_value();
  return tick > 0 && tick + 1 < text.size() && text.substr(0, tick).find(' ') == std::string::npos;
}

bool is_banner(std::string_view text) {
  return text.starts_with("dtrace: ") || text.starts_with("CPU  ") ||
         (text.find(" :") != std::string_view::npos && is_number(text.substr(0, text.find(' '))));
}

bool recognizes(std::string_view head) {
  Lines lines("head", head);
  int others = 0;
  while (lines.next() && others < 3) {
    const std::string_view text = without_blanks(lines.line());
    if (text.empty() || is_banner(text)) continue;
    const bool indented = lines.line().starts_with(' ') || lines.line().starts_with('\t');
    if (indented && text.find('`') != std::string_view::npos && is_frame(text)) {
      return !lines.whole() || text.find("+0x") != std::string_view::npos ||
             text.find(' ') == std::string_view::npos;
    }
    if (!indented || text.find(' ') != std::string_view::npos) return false;
    ++others;
  }
  return false;
}

Frame read_frame(std::string_view text) {
  Frame frame;
  const std::size_t tick = text.find('`');
  if (tick == std::string_view::npos) {
    frame.address = to_hex(text).value_or(0);
    return frame;
  }
  frame.module = text.substr(0, tick);
  frame.function = without_offset(text);
  return frame;
}

class Parser {
 public:
  explicit Parser(const Input& input) : stacks_(input) {}

  Recording parse() {
    Lines& lines = stacks_.lines();
    while (lines.next()) {
      const std::string_view text = without_blanks(lines.line());
      if (text.empty() || is_banner(text)) continue;
      if (is_number(text) && (stacks_.depth() > 0 || keys_ > 0)) {
        end(text);
      } else if (is_frame(text)) {
        stacks_.frame(read_frame(text));
      } else if (stacks_.depth() == 0) {
        ++keys_;
        stacks_.root(text);
      } else if (lines.whole()) {
        lines.fail(kExpected);
      }
    }
    if (stacks_.depth() > 0 && stacks_.added() > 0) {
      stacks_.recording().lacks(lines.at("the file ends inside a stack; it is left out"));
    }
    return stacks_.finish("DTrace", kExpected);
  }

 private:
  void end(std::string_view text) {
    const auto count = to_number(text);
    if (!count) stacks_.lines().fail("a count below 2^63");
    keys_ = 0;
    stacks_.add(*count);
  }

  TextStacks stacks_;
  int keys_ = 0;
};

}  // namespace

constinit const Format kDtraceFormat = {
    .name = "dtrace",
    .summary = "DTrace's aggregations by stack: module`function lines, then a count",
    .recognizes = recognizes,
    .parse = [](const Input& input) { return Parser(input).parse(); },
};

}  // namespace tidemark
