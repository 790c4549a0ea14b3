// The goroutines that a Go program prints when it panics or gets SIGQUIT, and
// that /debug/pprof/goroutine?debug=2 gives (checked against Go 1.19):
//
//   panic: assignment to entry in nil map
//
//   goroutine 11 [chan receive, 3 minutes]:
//   main.(*Store).wait(0xc000012038?, {0x4fd1d8, 0x9})
//   	/work/main.go:22 +0x1b
//   created by main.main
//   	/work/main.go:42 +0x9b
//
// Each goroutine is one sample. What it waits for, in brackets, stands for the
// runtime's frames, which Go leaves out: it is the innermost frame, unless the
// goroutine is running or could. Who created it is no caller, and left out.

#include <algorithm>
#include <string>
#include <string_view>

#include "parsers/all_formats.h"
#include "parsers/text_stacks.h"

namespace tidemark {
namespace {

constexpr std::string_view kExpected = "'goroutine <number> [<state>]:'";
constexpr std::string_view kStart = "goroutine ";

// The state in "goroutine 12 gp=0xc0 m=3 [chan receive, 3 minutes]:"; empty when the
// line is none such.
std::string_view state_of(std::string_view line) {
  if (!line.starts_with(kStart) || !line.ends_with("]:")) return {};
  const std::size_t open = line.find(" [");
  std::string_view number = line.substr(kStart.size());
  if (open == std::string_view::npos || !is_number(number.substr(0, number.find(' ')))) return {};
  const std::string_view state = line.substr(open + 2, line.size() - open - 4);
  return state.substr(0, state.find(", "));
}

bool recognizes(std::string_view head) {
  Lines lines("head", head);
  while (lines.next()) {
    if (!state_of(lines.line()).empty()) return true;
  }
  return false;
}

// "main.(*Store).wait(0x0?, {...})" without its arguments; empty when it has none.
std::string_view function_of(std::string_view line) {
  if (!line.ends_with(')')) return {};
  const std::size_t open = line.rfind('(');
  return line.substr(0, open == std::string_view::npos ? 0 : open);
}

class Parser {
 public:
  explicit Parser(const Input& input) : stacks_(input, {{.name = "goroutines", .unit = "count"}}) {}

  Recording parse() {
    Lines& lines = stacks_.lines();
    while (lines.next()) {
      const std::string_view state = state_of(lines.line());
      if (!state.empty()) {
        begin(state);
      } else if (inside_ && lines.line().empty()) {
        end();
      } else if (inside_) {
        read_line(lines.line());
      }
    }
    end();
    stacks_.profile().title = "goroutines";
    return stacks_.finish("Go runtime", kExpected);
  }

 private:
  void begin(std::string_view state) {
    end();
    inside_ = true;
    if (state != "running" && state != "runnable") stacks_.frame("[" + std::string(state) + "]");
  }

  void read_line(std::string_view line) {
    if (line.starts_with('\t')) {
      if (created_ || !named_) return;
      const std::size_t offset = std::min(line.rfind(" +0x"), line.find(" fp="));
      set_place(line.substr(1, std::min(offset, line.size()) - 1), stacks_.last());
      named_ = false;
      return;
    }
    created_ = line.starts_with("created by ");
    if (created_ || line.starts_with("...") || line.starts_with('[')) return;
    const std::string_view function = function_of(line);
    if (!function.empty()) {
      stacks_.frame(function);
      named_ = true;
    } else if (line.starts_with("rax ") || line.starts_with("exit status ")) {
      end();
    } else if (stacks_.lines().whole()) {
      stacks_.lines().fail("'<function>(<arguments>)' or an empty line");
    }
  }

  void end() {
    if (inside_ && stacks_.depth() == 0) stacks_.frame("[no stack]");
    if (inside_) stacks_.add(1);
    inside_ = created_ = named_ = false;
  }

  TextStacks stacks_;
  bool inside_ = false;   // a goroutine
  bool created_ = false;  // by what the last line named
  bool named_ = false;    // the last frame waits for its place
};

}  // namespace

constinit const Format kGoGoroutinesFormat = {
    .name = "go-goroutines",
    .summary = "goroutines of a Go program: a panic's, SIGQUIT's or goroutine?debug=2",
    .recognizes = recognizes,
    .parse = [](const Input& input) { return Parser(input).parse(); },
};

}  // namespace tidemark
