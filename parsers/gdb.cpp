// Backtraces of gdb, as `gdb -batch -ex "thread apply all bt" -p PID` prints
// them (checked against 13.1), and of pstack and gstack, which call it. A file may
// hold many: a poor man's profiler. Each thread of each is one sample.
//
//   [New LWP 25711]
//   Thread 2 (Thread 0x7f76c573d6c0 (LWP 25711) "worker"):
//   #0  0x00005572e942c2c8 in app::mix (a=1) at server.cpp:12
//   #1  app::compute (table=std::map with 1 element = {...}, n=1) at server.cpp:17
//   #2  <signal handler called>
//   #3  0x00007f76c5ad44a3 in ?? () from /lib/x86_64-linux-gnu/libstdc++.so.6
//
// A frame without an address has that of the one before it, which is inlined
// into it. With a width set, gdb goes on with a frame on a line that is indented;
// `bt full` puts variables on such lines. All that does not start with '#' and
// is not indented is what gdb and its scripts say besides.

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/numbers.h"
#include "parsers/all_formats.h"
#include "parsers/text_stacks.h"

namespace tidemark {
namespace {

constexpr std::string_view kExpected =
    "'[0x<address> in] <function> (<arguments>) [at <file>:<line> | from <module>]' behind "
    "'#<number>'";

bool is_thread(std::string_view line) {
  if (!line.starts_with("Thread ")) return false;
  line.remove_prefix(7);
  const std::string_view number = line.substr(0, line.find(' '));
  line.remove_prefix(number.size());
  return !number.empty() && is_digit(number.front()) &&
         (line.starts_with(" (Thread 0x") || line.starts_with(" (LWP ") ||
          line.starts_with(" (process "));
}

// "#12 " with blanks behind it; what follows.
std::optional<std::string_view> after_number(std::string_view line) {
  if (!line.starts_with('#')) return std::nullopt;
  line.remove_prefix(1);
  const std::size_t end = std::min(line.find(' '), line.size());
  if (!is_number(line.substr(0, end)) || end == line.size()) return std::nullopt;
  return without_leading_blanks(line.substr(end));
}

bool recognizes(std::string_view head) {
  Lines lines("head", head);
  while (lines.next()) {
    const std::string_view line = lines.line();
    if (line.starts_with("TID ")) return false;  // of eu-stack
    if (is_thread(line) || line.starts_with("[New LWP ")) return true;
    if (!line.starts_with("#0  ")) continue;
    return line.starts_with("#0  0x") ? line.find(" in ") != std::string_view::npos
                                      : line.find(" (") != std::string_view::npos;
  }
  return false;
}

// Where the arguments of "ns::f<int (*)(int)> (a=1)" start: at the first " (" that
// is in no template's brackets and starts no "(anonymous namespace)".
std::size_t arguments_of(std::string_view text) {
  constexpr std::string_view kOperator = "operator";
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == 'o' && text.substr(i).starts_with(kOperator)) {
      i += kOperator.size() - 1;  // its brackets belong to the name
      while (i + 1 < text.size() &&
             std::string_view("<>-=").find(text[i + 1]) != std::string::npos) {
        ++i;
      }
    } else if (text[i] == '<') {
      ++depth;
    } else if (text[i] == '>') {
      depth = std::max(depth - 1, 0);
    } else if (text[i] == '(' && depth == 0 && i > 0 &&
               (text[i - 1] == ' ' || text[i - 1] == '\n') &&
               !text.substr(i).starts_with("(anonymous namespace)")) {
      return i;
    }
  }
  return std::string_view::npos;
}

// What follows the parenthesis that closes the one at the start of `text`, with
// strings, in which parentheses do not count, skipped; all of it when none does.
std::string_view after_arguments(std::string_view text) {
  int depth = 0;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == '\\') ++i;
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')' && --depth == 0) {
      return text.substr(i + 1);
    }
  }
  return {};
}

std::string_view without_white_space(std::string_view text) {
  constexpr std::string_view kWhite = " \t\n";
  text = text.substr(std::min(text.find_first_not_of(kWhite), text.size()));
  return text.substr(0, text.find_last_not_of(kWhite) + 1);
}

// A frame from the text behind its number; its lines are divided by newlines.
// Nothing when it is none.
std::optional<Frame> read_frame(std::string_view text) {
  Frame frame;
  if (text.starts_with("0x")) {
    const std::size_t in = text.find(" in ");
    const auto address = to_hex(text.substr(0, in));
    if (in == std::string_view::npos || !address) return std::nullopt;
    frame.address = *address;
    text.remove_prefix(in + 4);
  }
  if (text.starts_with('<')) {  // <signal handler called>, <function called from gdb>
    const std::size_t end = text.find('>');
    if (end == std::string_view::npos) return std::nullopt;
    frame.function = text.substr(0, end + 1);
    return frame;
  }
  const std::size_t open = arguments_of(text);
  const std::string_view name = without_white_space(text.substr(0, open));
  if (open == std::string_view::npos || name.empty()) return std::nullopt;
  if (name != "??") frame.function = name;
  std::string_view place = without_white_space(after_arguments(text.substr(open)));
  place = place.substr(0, place.find('\n'));
  if (place.starts_with("at ")) set_place(place.substr(3), frame);
  if (place.starts_with("from ")) frame.module = place.substr(5);
  return frame;
}

class Parser {
 public:
  explicit Parser(const Input& input) : name_(input.name), stacks_(input) {}

  Recording parse() {
    Lines& lines = stacks_.lines();
    while (lines.next()) {
      const std::string_view line = lines.line();
      if (const auto frame = after_number(line)) {
        if (line.starts_with("#0 ")) end_stack();
        add_frame(*frame);
      } else if (line.empty() || is_thread(line)) {
        end_stack();
      }
    }
    end_stack();
    return stacks_.finish("gdb", kExpected);
  }

 private:
  void add_frame(std::string_view first) {
    Lines& lines = stacks_.lines();
    const std::int64_t number = lines.number();
    std::string text(first);
    bool cut = !lines.whole();
    while (lines.next()) {
      if (!lines.line().starts_with(' ')) {
        lines.again();
        break;
      }
      cut = !lines.whole();
      text += '\n';
      text += lines.line();
    }
    std::optional<Frame> frame = read_frame(text);
    if (!frame && cut) return;  // TextStacks tells of it
    if (!frame) {
      throw Error(
          fmt::format("{}:{}: expected {}, found {}", name_, number, kExpected, quoted(first)));
    }
    if (frame->address == 0 && stacks_.depth() > 0 && !frame->function.starts_with('<')) {
      frame->address = stacks_.last().address;
      stacks_.last().inlined = true;
    }
    stacks_.frame(std::move(*frame));
  }

  void end_stack() {
    if (stacks_.depth() > 0) stacks_.add(1);
  }

  std::string_view name_;
  TextStacks stacks_;
};

}  // namespace

constinit const Format kGdbFormat = {
    .name = "gdb",
    .summary = "backtraces of gdb, pstack or gstack: each thread of each dump is a sample",
    .recognizes = recognizes,
    .parse = [](const Input& input) { return Parser(input).parse(); },
};

}  // namespace tidemark
