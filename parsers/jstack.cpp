// Thread dumps of the JVM: jstack, jcmd Thread.print, kill -QUIT (checked against
// OpenJDK 17). A file may hold many; each thread with a Java stack is one sample.
//
//   Full thread dump OpenJDK 64-Bit Server VM (17.0.15+6 mixed mode, sharing):
//
//   "pool-1" #12 prio=5 os_prio=0 tid=0x00007fa7b0118840 nid=0x6d1f runnable
//      java.lang.Thread.State: RUNNABLE
//   	at java.lang.Thread.sleep(java.base@17.0.15/Native Method)
//   	- locked <0x000000069ec195d8> (a java.lang.Object)
//   	at Main.holder(Main.java:7)
//
//      Locked ownable synchronizers:
//   	- None
//
// The thread's name comes outermost, as in FlameGraph's stackcollapse-jstack.pl,
// which counts nothing but RUNNABLE threads: that is the second value here.

#include <array>
#include <string>
#include <string_view>

#include "parsers/all_formats.h"
#include "parsers/text_stacks.h"

namespace tidemark {
namespace {

constexpr std::string_view kExpected = "'\"<thread>\" ...' with 'at <method>(<place>)' lines";
constexpr std::string_view kState = "java.lang.Thread.State: ";

bool recognizes(std::string_view head) {
  return head.starts_with("Full thread dump ") ||
         head.find("\nFull thread dump ") != std::string_view::npos;
}

// "Main.holder(java.base@17.0.15/Main.java:7)"
Frame read_frame(std::string_view text) {
  Frame frame;
  const std::size_t open = text.rfind('(');
  frame.function = text.substr(0, open);
  if (open == std::string_view::npos || !text.ends_with(')')) return frame;
  std::string_view place = text.substr(open + 1, text.size() - open - 2);
  const std::size_t slash = place.rfind('/');
  if (slash != std::string_view::npos) place.remove_prefix(slash + 1);
  if (place != "Native Method" && place != "Unknown Source") set_place(place, frame);
  return frame;
}

class Parser {
 public:
  explicit Parser(const Input& input)
      : stacks_(input,
                {{.name = "samples", .unit = "count"}, {.name = "runnable", .unit = "count"}}) {}

  Recording parse() {
    Lines& lines = stacks_.lines();
    while (lines.next()) {
      const std::string_view text = without_blanks(lines.line());
      if (text.empty()) {
        end();
      } else if (lines.line().starts_with('"')) {
        begin(lines.line());
      } else if (text.starts_with(kState)) {
        runnable_ = text.substr(kState.size()).starts_with("RUNNABLE");
      } else if (text.starts_with("at ")) {
        if (!inside_) lines.fail("'\"<thread>\" ...' before the first 'at'");
        stacks_.frame(read_frame(text.substr(3)));
      }
    }
    end();
    return stacks_.finish("jstack", kExpected);
  }

 private:
  void begin(std::string_view line) {
    end();
    const std::size_t close = line.rfind('"');
    if (close == 0) stacks_.lines().fail("'\"<thread>\"'");
    stacks_.root(line.substr(1, close - 1));
    inside_ = true;
  }

  void end() {
    if (stacks_.depth() > 0) {
      stacks_.add(std::array<std::int64_t, 2>{1, runnable_ ? 1 : 0});
    } else {
      stacks_.drop();
    }
    inside_ = runnable_ = false;
  }

  TextStacks stacks_;
  bool inside_ = false;
  bool runnable_ = false;
};

}  // namespace

constinit const Format kJstackFormat = {
    .name = "jstack",
    .summary = "thread dumps of the JVM (jstack, jcmd Thread.print): each thread is a sample",
    .recognizes = recognizes,
    .parse = [](const Input& input) { return Parser(input).parse(); },
};

}  // namespace tidemark
