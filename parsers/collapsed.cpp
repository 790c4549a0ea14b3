// Collapsed (folded) stacks: one stack a line, root first, and what it counts.
// Checked against Brendan Gregg's FlameGraph scripts, inferno 0.12, google-pprof
// --collapsed and heaptrack_print -F (heaptrack 1.4).
//
//   main;parse(int, char**);operator new 120
//   main;run;std::vector<a b>::push_back 12.5
//
// The last space divides: frames may hold spaces. difffolded.pl and
// inferno-diff-folded write two columns, before and after:
//
//   main;run 120 131
//
// The file has two columns when every line ends in two numbers. Fractions are
// rounded, since a Profile counts in whole numbers; a warning says so. Lines that
// start with "# " before the first stack are notes, as Austin's.
//
// bcc's profile -f and offcputime -f write it as well: the command, the user's
// frames, with -d a frame "-", the kernel's frames. Times off the CPU are
// microseconds, which the file does not say: it is one of those when every stack
// ends where the kernel switches tasks, in finish_task_switch.

#include "parsers/collapsed.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "parsers/all_formats.h"
#include "parsers/folded_line.h"
#include "parsers/folded_stacks.h"

namespace tidemark {
namespace {

constexpr std::size_t kHead = 4096;
constexpr std::string_view kExpected = "'<frame>;<frame>... <number>'";

// A line taken apart. `stack` is empty when the line is not in the format.
struct Folded {
  std::string_view stack;
  std::string_view value;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool looks_like_number(std::string_view text) {
  if (text.empty() || !is_digit(text.front())) return false;
  return std::ranges::all_of(
      text, [](char c) { return is_digit(c) || c == '.' || c == 'e' || c == '+'; });
}

std::string_view without_trailing_blanks(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

Folded split(std::string_view line) {
  line = without_trailing_blanks(line);
  const std::size_t space = line.find_last_of(" \t");
  if (space == std::string_view::npos || !looks_like_number(line.substr(space + 1))) return {};
  std::string_view stack = without_trailing_blanks(line.substr(0, space));
  if (stack.ends_with(';'))
    stack.remove_suffix(1);  // heaptrack_print 1.4 ends every frame with one
  return {.stack = stack, .value = line.substr(space + 1)};
}

// Whether `line` holds a "};" that ends no lambda, as "{lambda(int)#1};" does.
bool ends_block(std::string_view line) {
  for (std::size_t at = line.find("};"); at != std::string_view::npos;
       at = line.find("};", at + 1)) {
    const std::size_t number = line.find_last_not_of("0123456789", at - 1);
    const bool counted = number + 1 < at && number != std::string_view::npos && line[number] == '#';
    if (!counted) return true;
  }
  return false;
}

// Whether a frame follows another: a ';' without a space behind it, as in prose
// and in code.
bool is_nested(std::string_view stack) {
  for (std::size_t at = stack.find(';'); at != std::string_view::npos;
       at = stack.find(';', at + 1)) {
    if (at + 1 < stack.size() && stack[at + 1] != ' ') return true;
  }
  return false;
}

// A first line longer than the head: a stack that is deep or has long names, and has
// nothing that minified JSON, XML, JavaScript or style sheets have.
bool may_be_long_stack(std::string_view line) {
  const auto holds = [line](std::string_view part) {
    return line.find(part) != std::string_view::npos;
  };
  return is_nested(line) && !line.starts_with('{') && !line.starts_with("<?") &&
         !line.starts_with("<!") && !ends_block(line) && !holds("=\"") && !holds("\":") &&
         !holds("){");
}

// A note before the first stack, as "# austin: 3.6.0".
bool is_note(std::string_view line) {
  return line.starts_with("# ") && line.find(';') == std::string_view::npos;
}

// Whether every stack that counts ends in finish_task_switch: bcc's offcputime.
bool is_off_cpu(const Profile& profile) {
  bool found = false;
  for (std::uint32_t i = 1; i < profile.stacks(); ++i) {
    const StackId stack{i};
    if (profile.self(stack)[0] == 0) continue;
    found = profile.frame(profile.leaf(stack)).function.starts_with("finish_task_switch");
    if (!found) return false;
  }
  return found;
}

// Much text ends in numbers; a stack of several frames must be there as well.
bool recognizes(std::string_view head) {
  head = head.substr(0, kHead);
  if (head.find('\0') != std::string_view::npos) return false;
  bool nested = false;
  Lines lines("head", head);
  while (lines.next()) {
    const std::string_view line = lines.line();
    if (line.empty() || (!nested && is_note(line))) continue;
    if (!lines.whole() && head.size() == kHead) {
      return nested || (lines.offset() == 0 && may_be_long_stack(line));
    }
    const Folded folded = split(line);
    if (folded.stack.empty()) return nested && !lines.whole();  // a file that was cut off
    nested = nested || is_nested(folded.stack);
  }
  return nested;
}

// The numbers of a line.
struct Counted {
  std::array<std::int64_t, 2> values{};
  std::int64_t line = 0;
};

class Parser {
 public:
  Parser(const Input& input, std::size_t columns, bool keep_order)
      : input_(input),
        keep_order_(keep_order),
        lines_(input.name, input.bytes),
        columns_(columns),
        profile_(columns == 2 ? std::vector<ValueType>{{.name = "before", .unit = "count"},
                                                       {.name = "after", .unit = "count"}}
                              : std::vector<ValueType>{{.name = "samples", .unit = "count"}}) {
    profile_.default_value = columns - 1;
  }

  // Nothing when there are fewer columns than asked for.
  std::optional<Recording> parse() {
    Recording recording{.producer = "collapsed stacks"};
    FoldedStacks stacks(profile_);
    while (next_stack()) {
      const std::string_view stack = take_values();
      if (stack.empty()) {
        if (columns_ == 2) return std::nullopt;
        leave_out_cut_line(recording);
        break;
      }
      ++found_;
      const Counted counted{.values = values_, .line = lines_.number()};
      if (const auto found = stacks.find(stack)) {
        add(*found, counted);
      } else {
        waiting_.push_back(counted);
      }
      if (stacks.full()) add_waiting(stacks.take());
      forget_what_was_read();
    }
    add_waiting(stacks.take());
    if (found_ == 0) lines_.fail(kExpected);
    finish(recording);
    return recording;
  }

 private:
  // Moves to the next line that is neither empty nor a note.
  bool next_stack() {
    while (lines_.next()) {
      if (!lines_.line().empty() && (found_ > 0 || !is_note(lines_.line()))) return true;
    }
    return false;
  }

  // The line at hand is not in the format, which the last one may be if it was cut off.
  void leave_out_cut_line(Recording& recording) const {
    if (lines_.whole() || found_ == 0) lines_.fail(kExpected);
    recording.lacks(lines_.at("the file ends inside this line; it is left out"));
  }

  void finish(Recording& recording) {
    std::ranges::sort(profile_.timeline, {}, &Moment::at);
    if (rounded_ > 0) {
      recording.warnings.push_back(
          lines_.at(fmt::format("{} of {} values up to here have fractions; each was rounded to a "
                                "whole number",
                                rounded_, found_)));
    }
    if (columns_ == 1 && is_off_cpu(profile_)) {
      profile_.describe(0, {.name = "off-cpu", .unit = "microseconds"});
    }
    recording.profiles.push_back(std::move(profile_));
  }

  // Reads the numbers at the end of the line and returns the stack before them.
  std::string_view take_values() {
    std::string_view stack = split_plain(lines_.line(), values_[columns_ - 1]);
    if (columns_ == 2 && !stack.empty()) stack = split_plain(stack, values_[0]);
    return stack.empty() ? take_values_slowly() : stack;
  }

  std::string_view take_values_slowly() {
    Folded folded = split(lines_.line());
    values_[columns_ - 1] = folded.stack.empty() ? 0 : number(folded.value);
    if (columns_ == 2 && !folded.stack.empty()) {
      folded = split(folded.stack);
      values_[0] = folded.stack.empty() ? 0 : number(folded.value);
    }
    return folded.stack;
  }

  std::int64_t number(std::string_view text) {
    if (const auto whole = to_number(text)) return *whole;
    const auto fraction = to_double(text);
    constexpr double kLimit = 9.2e18;  // just below 2^63
    if (!fraction || !(*fraction < kLimit)) {
      lines_.fail("a number below 2^63 at the end of the line");
    }
    ++rounded_;
    return std::llround(*fraction);
  }

  void add(StackId stack, const Counted& counted) {
    try {
      profile_.add(stack, std::span(counted.values).first(columns_));
    } catch (const Error& error) {
      throw Error(fmt::format("{}:{}: {}", input_.name, counted.line, error.what()));
    }
    if (!keep_order_) return;
    profile_.timeline.push_back(
        {.at = counted.line, .stack = stack, .value = counted.values[columns_ - 1]});
  }

  void add_waiting(const std::vector<StackId>& stacks) {
    for (std::size_t i = 0; i < stacks.size(); ++i) add(stacks[i], waiting_[i]);
    waiting_.clear();
  }

  // Pages that were read leave our memory, some megabytes at a time.
  void forget_what_was_read() {
    constexpr std::size_t kStep = std::size_t{8} << 20;
    if (lines_.offset() < forgotten_ + kStep) return;
    forgotten_ = lines_.offset();
    forget(input_, forgotten_);
  }

  const Input& input_;
  bool keep_order_;
  std::size_t forgotten_ = 0;
  Lines lines_;
  std::size_t columns_;
  Profile profile_;
  std::array<std::int64_t, 2> values_{};
  std::vector<Counted> waiting_;  // for the stacks that are collected
  std::int64_t found_ = 0;
  std::int64_t rounded_ = 0;
};

Recording parse_lines(const Input& input, bool keep_order) {
  Lines first(input.name, input.bytes);
  while (first.next() && (first.line().empty() || is_note(first.line()))) {
  }
  const bool maybe_two = first.number() > 0 && !split(split(first.line()).stack).stack.empty();
  if (maybe_two) {
    if (auto recording = Parser(input, 2, false).parse()) return std::move(*recording);
  }
  return *Parser(input, 1, keep_order).parse();
}

Recording parse(const Input& input) { return parse_lines(input, false); }

}  // namespace

Recording parse_collapsed_in_order(const Input& input) { return parse_lines(input, true); }

constinit const Format kCollapsedFormat = {
    .name = "collapsed",
    .summary = "folded stacks of flamegraph tools: frames, then a number; one stack a line",
    .recognizes = recognizes,
    .parse = parse,
};

}  // namespace tidemark
