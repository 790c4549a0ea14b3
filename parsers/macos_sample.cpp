// The call graph that macOS's `sample PID` and Activity Monitor write (after the
// description in FlameGraph's stackcollapse-sample.awk):
//
//   Analysis of sampling server (pid 123) every 1 millisecond
//   Call graph:
//       2690 Thread_1234   DispatchQueue_1: com.apple.main-thread  (serial)
//       + 2690 main  (in server) + 20  [0x10a1]  main.c:12
//       +   2000 work  (in server) + 16,32,...  [0x10b1,0x10c1,...]
//       +     ! 500 read  (in libsystem_kernel.dylib) + 8  [0x7fff2]
//
//   Total number in stack (recursive counted multiple, when >=5):
//
// How far to the right a number stands is how deep its frame is. A number counts
// callees as well: what a frame has itself is the rest.

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/numbers.h"
#include "parsers/all_formats.h"
#include "parsers/text_stacks.h"

namespace tidemark {
namespace {

constexpr std::string_view kGraph = "Call graph:";
constexpr std::string_view kExpected = "'<number> <function>  (in <module>) + <offset>'";

bool recognizes(std::string_view head) {
  return head.starts_with("Analysis of sampling ") || head.starts_with("Sampling process ");
}

// "main  (in server) + 20  [0x10a1]  main.c:12"
Frame read_frame(std::string_view text) {
  Frame frame;
  const std::size_t in = text.find("  (in ");
  if (in == std::string_view::npos) {
    frame.function = without_blanks(text);
    return frame;
  }
  if (text.substr(0, in) != "???") frame.function = text.substr(0, in);
  text.remove_prefix(in + 6);
  frame.module = text.substr(0, text.find(')'));
  const std::size_t open = text.find("[0x");
  const std::size_t close = text.find(']');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return frame;
  }
  const std::string_view address = text.substr(open + 1, close - open - 1);
  frame.address = to_hex(address.substr(0, address.find(','))).value_or(0);
  const std::string_view place = without_blanks(text.substr(close + 1));
  if (!place.empty()) set_place(place, frame);
  return frame;
}

class Parser {
 public:
  explicit Parser(const Input& input)
      : lines_(input.name, input.bytes),
        profile_(std::vector<ValueType>{{.name = "samples", .unit = "count"}}) {}

  Recording parse() {
    while (lines_.next() && !lines_.line().starts_with(kGraph)) {
    }
    bool ended = false;
    while (!ended && lines_.next()) {
      ended = without_blanks(lines_.line()).empty() && found_;
      if (!ended) read_line();
    }
    if (!found_) lines_.fail(kExpected);
    close_from(0);
    if (!ended) {
      recording_.lacks(
          lines_.at("the file ends inside the call graph: numbers may be too high "
                    "for the last frames"));
    }
    recording_.producer = "sample";
    recording_.profiles.push_back(std::move(profile_));
    return std::move(recording_);
  }

 private:
  struct Open {
    std::size_t column;
    StackId stack;
    std::int64_t left;  // of its number, without its callees'
  };

  void read_line() {
    const std::string_view line = lines_.line();
    const std::size_t column = std::min(line.find_first_not_of(" +!:|"), line.size());
    std::string_view text = line.substr(column);
    if (text.empty()) return;
    const auto count = to_number(take_word(text));
    if (!count || *count < 0 || text.empty()) {
      if (!lines_.whole() && found_) return;
      lines_.fail(kExpected);
    }
    found_ = true;
    close_from(column);
    if (!open_.empty()) {
      if (open_.back().left < *count) {
        lines_.fail("a number that is not above what is left of its caller's");
      }
      open_.back().left -= *count;
    }
    const StackId caller = open_.empty() ? kRoot : open_.back().stack;
    open_.push_back({.column = column,
                     .stack = profile_.push(caller, profile_.intern(read_frame(text))),
                     .left = *count});
  }

  // Ends the frames that are not left of `column`.
  void close_from(std::size_t column) {
    while (!open_.empty() && open_.back().column >= column) {
      try {
        profile_.add(open_.back().stack, std::array{open_.back().left});
      } catch (const Error& error) {
        throw Error(lines_.at(error.what()));
      }
      open_.pop_back();
    }
  }

  Lines lines_;
  Recording recording_;
  Profile profile_;
  std::vector<Open> open_;
  bool found_ = false;
};

}  // namespace

constinit const Format kMacosSampleFormat = {
    .name = "macos-sample",
    .summary = "the call graph of macOS's sample",
    .recognizes = recognizes,
    .parse = [](const Input& input) { return Parser(input).parse(); },
};

}  // namespace tidemark
