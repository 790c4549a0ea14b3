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
// rounded, since a Profile counts in whole numbers; a warning says so. Stacks
// come sorted from most producers, so what a line shares with the one before is
// found by comparing bytes, and only the rest is looked up.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/hash.h"
#include "lib/base/id_table.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "parsers/all_formats.h"

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

// A first line longer than the head: a deep stack, which has nothing that
// minified JSON, XML, JavaScript or style sheets have.
bool may_be_deep_stack(std::string_view line) {
  constexpr std::ptrdiff_t kFrames = 8;
  return std::ranges::count(line, ';') >= kFrames && !line.starts_with('{') &&
         !line.starts_with("<?") && !line.starts_with("<!") &&
         line.find("};") == std::string_view::npos && line.find("=\"") == std::string_view::npos;
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

// Much text ends in numbers; a stack of several frames must be there as well.
bool recognizes(std::string_view head) {
  head = head.substr(0, kHead);
  if (head.find('\0') != std::string_view::npos) return false;
  bool nested = false;
  Lines lines("head", head);
  while (lines.next()) {
    const std::string_view line = lines.line();
    if (line.empty()) continue;
    if (!lines.whole() && head.size() == kHead) {
      return nested || (lines.offset() == 0 && may_be_deep_stack(line));
    }
    const Folded folded = split(line);
    if (folded.stack.empty()) return false;
    nested = nested || is_nested(folded.stack);
  }
  return nested;
}

std::size_t common_prefix(std::string_view a, std::string_view b) {
  const std::size_t length = std::min(a.size(), b.size());
  std::size_t i = 0;
  if constexpr (std::endian::native == std::endian::little) {
    for (; i + 8 <= length; i += 8) {
      std::uint64_t x = 0;
      std::uint64_t y = 0;
      std::memcpy(&x, a.data() + i, 8);
      std::memcpy(&y, b.data() + i, 8);
      if (x != y) return i + static_cast<std::size_t>(std::countr_zero(x ^ y)) / 8;
    }
  }
  while (i < length && a[i] == b[i]) ++i;
  return i;
}

// Finds the StackId of a stack's text.
class Stacks {
 public:
  explicit Stacks(Profile& profile) : profile_(profile) {}

  // REQUIRES: `text` outlives the next call.
  StackId find(std::string_view text) {
    const std::size_t same = common_prefix(text, last_);
    // A frame is shared when its end, a ';' or the end of the text, is as well.
    while (!frames_.empty() && !ends_at(text, same, frames_.back().end)) frames_.pop_back();
    last_ = text;
    std::size_t start = frames_.empty() ? 0 : frames_.back().end + 1;
    StackId stack = frames_.empty() ? kRoot : frames_.back().stack;
    while (start <= text.size()) {
      const std::size_t end = std::min(text.find(';', start), text.size());
      stack = profile_.push(stack, frame(text.substr(start, end - start)));
      frames_.push_back({.end = end, .stack = stack});
      start = end + 1;
    }
    return stack;
  }

 private:
  struct Seen {
    std::size_t end;
    StackId stack;
  };

  static bool ends_at(std::string_view text, std::size_t same, std::size_t end) {
    return end <= same && (end == text.size() || text[end] == ';');
  }

  FrameId frame(std::string_view name) {
    const std::uint32_t id = names_.find_or_add(hash_of(name), [&](std::uint32_t other) {
      return profile_.frame(FrameId{other}).function == name;
    });
    // Frames are interned in this order and nowhere else: the numbers agree.
    if (id == profile_.frames()) profile_.intern({.function = std::string(name)});
    return FrameId{id};
  }

  Profile& profile_;
  IdTable names_;
  std::string_view last_;
  std::vector<Seen> frames_;  // of last_, root first
};

class Parser {
 public:
  Parser(const Input& input, std::size_t columns)
      : lines_(input.name, input.bytes),
        columns_(columns),
        profile_(columns == 2 ? std::vector<ValueType>{{.name = "before", .unit = "count"},
                                                       {.name = "after", .unit = "count"}}
                              : std::vector<ValueType>{{.name = "samples", .unit = "count"}}) {
    profile_.default_value = columns - 1;
  }

  // Nothing when there are fewer columns than asked for.
  std::optional<Recording> parse() {
    Recording recording{.producer = "collapsed stacks"};
    Stacks stacks(profile_);
    while (lines_.next()) {
      if (lines_.line().empty()) continue;
      const std::string_view stack = take_values();
      if (stack.empty()) {
        if (columns_ == 2) return std::nullopt;
        if (lines_.whole() || found_ == 0) lines_.fail(kExpected);
        recording.partial = true;
        recording.warnings.push_back(lines_.at("the file ends inside this line; it is left out"));
        break;
      }
      add(stacks.find(stack));
    }
    if (found_ == 0) lines_.fail(kExpected);
    if (rounded_ > 0) {
      recording.warnings.push_back(
          lines_.at(fmt::format("{} of {} values up to here have fractions; each was rounded to a "
                                "whole number",
                                rounded_, found_)));
    }
    recording.profiles.push_back(std::move(profile_));
    return recording;
  }

 private:
  // Reads the numbers at the end of the line and returns the stack before them.
  std::string_view take_values() {
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

  void add(StackId stack) {
    ++found_;
    try {
      profile_.add(stack, std::span(values_).first(columns_));
    } catch (const Error& error) {
      throw Error(lines_.at(error.what()));
    }
  }

  Lines lines_;
  std::size_t columns_;
  Profile profile_;
  std::array<std::int64_t, 2> values_{};
  std::int64_t found_ = 0;
  std::int64_t rounded_ = 0;
};

Recording parse(const Input& input) {
  Lines first(input.name, input.bytes);
  while (first.next() && first.line().empty()) {
  }
  const bool maybe_two = first.number() > 0 && !split(split(first.line()).stack).stack.empty();
  if (maybe_two) {
    if (auto recording = Parser(input, 2).parse()) return std::move(*recording);
  }
  return *Parser(input, 1).parse();
}

}  // namespace

constinit const Format kCollapsedFormat = {
    .name = "collapsed",
    .summary = "folded stacks of flamegraph tools: frames, then a number; one stack a line",
    .recognizes = recognizes,
    .parse = parse,
};

}  // namespace tidemark
