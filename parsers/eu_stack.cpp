// What elfutils' eu-stack prints, with any of -a, -b, -i, -m, -r, -s and -v
// (checked against 0.188). A file may hold many runs; each thread of each is one
// sample.
//
//   PID 25709 - process
//   TID 25709:
//   #0  0x00007f76c58a3f16     __futex_wait - /usr/lib/libc.so.6
//       ./nptl/futex-internal.c:57:12
//   #1  0x00007f76c58a8ce3 - 1 __pthread_clockjoin_ex
//       [93ac61ec5a8eb1396f9fbd350e3169a558528a40]@0x7f76c581e000+0x8ace2
//   #2  0x00007f76c5ad44a3 - /usr/lib/libstdc++.so.6
//
// -m names the module behind " - "; -a and -v say of a return address that the
// call is the byte before; -s and -b use a line of their own. With -i, a function
// that is inlined into the next has its address: two frames of one address and
// different names.

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/numbers.h"
#include "parsers/all_formats.h"
#include "parsers/text_stacks.h"

namespace tidemark {
namespace {

constexpr std::string_view kExpected = "'#<number>  0x<address> [<function>] [- <module>]'";

bool is_heading(std::string_view line, std::string_view word) {
  if (!line.starts_with(word)) return false;
  return line.size() > word.size() && is_digit(line[word.size()]);
}

bool recognizes(std::string_view head) {
  Lines lines("head", head);
  while (lines.next()) {
    const std::string_view line = lines.line();
    if (is_heading(line, "TID ")) return line.ends_with(':');
    const bool known = line.empty() || is_heading(line, "PID ") || line.starts_with("eu-stack");
    if (!known) return false;
    if (is_heading(line, "PID ") && lines.whole()) {
      if (line.ends_with(" - process") || line.ends_with(" - core")) return true;
    }
  }
  return false;
}

// " - /usr/lib/libc.so.6" at the end of `text` is cut off.
void cut_module(std::string_view& text, Frame& frame) {
  constexpr std::string_view kDash = " - ";
  const std::size_t dash = text.rfind(kDash);
  if (dash == std::string_view::npos) return;
  const std::string_view module = text.substr(dash + kDash.size());
  if (!module.starts_with('/') && !module.starts_with('[')) return;
  frame.module = module;
  text = text.substr(0, dash);
}

std::optional<Frame> read_frame(std::string_view line) {
  Frame frame;
  if (!is_number(take_word(line).substr(1)) || !line.starts_with("0x")) return std::nullopt;
  const std::size_t end = std::min(line.find(' '), line.size());
  const auto address = to_hex(line.substr(0, end));
  if (!address) return std::nullopt;
  frame.address = *address;
  line.remove_prefix(end);
  constexpr std::string_view kReturn = " - 1";
  const bool returns = line == kReturn || line.starts_with(" - 1 ");
  if (returns) line.remove_prefix(kReturn.size());
  cut_module(line, frame);
  frame.function = without_blanks(line);
  return frame;
}

class Parser {
 public:
  explicit Parser(const Input& input) : stacks_(input) {}

  Recording parse() {
    Lines& lines = stacks_.lines();
    while (lines.next()) {
      const std::string_view line = lines.line();
      if (is_heading(line, "TID ") || is_heading(line, "PID ")) {
        end_stack();
      } else if (line.starts_with('#')) {
        add_frame(line);
      } else if (line.starts_with("    ")) {
        add_place(without_blanks(line));
      } else if (!line.empty() && !line.starts_with("eu-stack")) {
        if (lines.whole() || stacks_.depth() == 0) lines.fail(kExpected);
      }
    }
    end_stack();
    return stacks_.finish("eu-stack", kExpected);
  }

 private:
  void add_frame(std::string_view line) {
    const auto frame = read_frame(line);
    if (!frame) {
      if (stacks_.lines().whole() || (stacks_.depth() == 0 && stacks_.added() == 0)) {
        stacks_.lines().fail(kExpected);
      }
      return;  // TextStacks tells of the cut
    }
    if (line.starts_with("#0 ")) end_stack();
    if (stacks_.depth() > 0 && stacks_.last().address == frame->address) {
      stacks_.last().inlined = stacks_.last().function != frame->function;
    }
    stacks_.frame(*frame);
  }

  // The source of the frame above, or "[build id]@0x<load address>+0x<offset>".
  void add_place(std::string_view text) {
    if (stacks_.depth() == 0) return;
    Frame& frame = stacks_.last();
    if (text.starts_with('[')) {
      const std::size_t plus = text.rfind("+0x");
      if (plus != std::string_view::npos) frame.offset = to_hex(text.substr(plus + 1)).value_or(0);
    } else {
      set_place(text, frame);
    }
  }

  void end_stack() {
    if (stacks_.depth() > 0) stacks_.add(1);
  }

  TextStacks stacks_;
};

}  // namespace

constinit const Format kEuStackFormat = {
    .name = "eu-stack",
    .summary = "elfutils' eu-stack: each thread of each run is a sample",
    .recognizes = recognizes,
    .parse = [](const Input& input) { return Parser(input).parse(); },
};

}  // namespace tidemark
