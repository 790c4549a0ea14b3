// What `py-spy dump --pid PID` prints (after py-spy 0.3's documentation); a file may
// hold many, and each thread of each is one sample:
//
//   Process 22: python3 server.py
//   Python v3.11.2 (/usr/bin/python3.11)
//
//   Thread 22 (active): "MainThread"
//       fib (server.py:3)
//           Arguments:
//               n: 12
//       <module> (server.py:9)
//   Thread 0x7F45 (idle)
//       wait (threading.py:302)
//
// The second value counts the threads that were active. --locals puts variables
// further to the right.

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "parsers/all_formats.h"
#include "parsers/text_stacks.h"

namespace tidemark {
namespace {

constexpr std::string_view kExpected =
    "'    <function> (<file>:<line>)' below a 'Thread <id> (...)'";

// The state in 'Thread 22 (active+gil): "MainThread"'; empty when it is none such.
std::string_view state_of(std::string_view line) {
  if (!line.starts_with("Thread ")) return {};
  const std::size_t open = line.find(" (");
  const std::size_t close = line.find(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return {};
  const std::string_view state = line.substr(open + 2, close - open - 2);
  return state.starts_with("active") || state.starts_with("idle") ? state : std::string_view();
}

bool recognizes(std::string_view head) {
  if (!head.starts_with("Process ") && state_of(head.substr(0, head.find('\n'))).empty()) {
    return false;
  }
  Lines lines("head", head);
  while (lines.next()) {
    if (lines.line().starts_with("Python v") || !state_of(lines.line()).empty()) return true;
  }
  return false;
}

std::optional<Frame> read_frame(std::string_view text) {
  const std::size_t open = text.rfind(" (");
  if (open == std::string_view::npos || !text.ends_with(')')) return std::nullopt;
  Frame frame{.function = std::string(text.substr(0, open))};
  set_place(text.substr(open + 2, text.size() - open - 3), frame);
  return frame;
}

class Parser {
 public:
  explicit Parser(const Input& input)
      : stacks_(input,
                {{.name = "samples", .unit = "count"}, {.name = "active", .unit = "count"}}) {}

  Recording parse() {
    Lines& lines = stacks_.lines();
    while (lines.next()) {
      const std::string_view line = lines.line();
      const std::string_view state = state_of(line);
      if (!line.starts_with(' ')) end();
      if (!state.empty()) {
        inside_ = true;
        active_ = state.starts_with("active");
      } else if (inside_ && line.starts_with("    ") && !line.starts_with("     ")) {
        add_frame(line.substr(4));
      }
    }
    end();
    return stacks_.finish("py-spy", kExpected);
  }

 private:
  void add_frame(std::string_view text) {
    auto frame = read_frame(text);
    if (frame) {
      stacks_.frame(std::move(*frame));
    } else if (stacks_.lines().whole()) {
      stacks_.lines().fail(kExpected);
    }
  }

  void end() {
    if (stacks_.depth() > 0) stacks_.add(std::array<std::int64_t, 2>{1, active_ ? 1 : 0});
    inside_ = active_ = false;
  }

  TextStacks stacks_;
  bool inside_ = false;
  bool active_ = false;
};

}  // namespace

constinit const Format kPySpyFormat = {
    .name = "py-spy",
    .summary = "py-spy dump: each Python thread is a sample",
    .recognizes = recognizes,
    .parse = [](const Input& input) { return Parser(input).parse(); },
};

}  // namespace tidemark
