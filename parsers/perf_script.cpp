// The text that `perf script` prints (checked against perf 6.1):
//
//   # captured on    : Sat Nov 21 08:19:43 2026
//   my server 1234/1235 [001]  3076.915498:    5025125 cpu-clock:u:
//           1140 spin+0x17 (/usr/bin/spin)
//     spin.c:4
//       7f25d8f2 [unknown] ([unknown])
//
//   sleep 22006  3080.269362:   1   context-switches:  ffff94c3 schedule+0x23 (dso)
//
// A sample is a line with the command, its pid or pid/tid, perhaps a CPU, a
// time and a period, and the event; then its frames, innermost first; then an
// empty line. One without call chains has its only frame on the same line.
//
// The rules are those of FlameGraph's stackcollapse-perf.pl and of inferno.
// Where they differ: a sample without frames counts, on the command alone;
// arguments are cut at the first `(` outside of template brackets; the event's
// name is whole (`cycles:u`); a last sample needs no empty line; a new event
// line starts a new sample. A stack starts with the command, its spaces as `_`.
// Names keep their `;`: that is up to who writes folded stacks. There is one
// Profile for each event; FlameGraph shows the first event only.
//
// A profile's samples are much alike: the frames of one are looked up by their
// bytes first, and parsed only when they are new.

#include "parsers/perf_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
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

constexpr std::string_view kUnknown = "[unknown]";

// Loops by hand: the library's find_first_of() calls memchr() for each byte.
bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// Takes the first word off `text`, with the blanks before it.
std::string_view take_word(std::string_view& text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  std::size_t length = 0;
  while (length < text.size() && !is_blank(text[length])) ++length;
  const std::string_view word = text.substr(0, length);
  text.remove_prefix(length);
  return word;
}

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// "1234" or "1234/1235".
bool is_pid(std::string_view word) {
  const std::size_t slash = word.find('/');
  if (slash == std::string_view::npos) return is_digits(word);
  return is_digits(word.substr(0, slash)) && is_digits(word.substr(slash + 1));
}

bool is_cpu(std::string_view word) {
  return word.size() > 2 && word.front() == '[' && word.back() == ']' &&
         is_digits(word.substr(1, word.size() - 2));
}

// "3076.915498:"
bool is_time(std::string_view word) {
  if (!word.ends_with(':')) return false;
  word.remove_suffix(1);
  const std::size_t dot = word.find('.');
  return dot != std::string_view::npos && is_digits(word.substr(0, dot)) &&
         is_digits(word.substr(dot + 1));
}

// The line that starts a sample.
struct Header {
  std::string_view command;
  std::string_view pid;
  std::string_view period;  // empty: 1
  std::string_view event;
  std::string_view rest;  // a frame, or a tracepoint's fields
};

// Reads what follows the pid.
bool read_event(std::string_view text, Header& header) {
  std::string_view word = take_word(text);
  if (is_cpu(word)) word = take_word(text);
  if (is_time(word)) word = take_word(text);
  if (is_digits(word)) {
    header.period = word;
    word = take_word(text);
  }
  if (word.size() < 2 || !word.ends_with(':') || is_digits(word.substr(0, word.size() - 1))) {
    return false;
  }
  header.event = word.substr(0, word.size() - 1);
  header.rest = text;
  return true;
}

// A command may hold spaces and numbers: the pid is the first number after a
// word that is followed by an event.
std::optional<Header> read_header(std::string_view line) {
  constexpr int kMostWords = 32;
  Header header;
  std::string_view text = line;
  if (take_word(text).empty()) return std::nullopt;
  for (int i = 0; i < kMostWords; ++i) {
    const std::string_view before = line.substr(0, line.size() - text.size());
    const std::string_view word = take_word(text);
    if (word.empty()) return std::nullopt;
    if (!is_pid(word) || !read_event(text, header)) continue;
    header.command = trimmed(before);
    header.pid = word.substr(0, word.find('/'));
    return header;
  }
  return std::nullopt;
}

// A frame's line, taken apart: "1140 spin+0x17 (/usr/bin/spin) (inlined)".
struct FrameLine {
  std::uint64_t address = 0;
  std::string_view symbol;
  std::string_view module;
  bool inlined = false;
};

std::optional<FrameLine> read_frame(std::string_view line) {
  FrameLine frame;
  const auto address = to_hex(take_word(line));
  if (!address) return std::nullopt;
  frame.address = *address;
  line = trimmed(line);
  constexpr std::string_view kInlined = "(inlined)";
  if (line.ends_with(kInlined)) {
    frame.inlined = true;
    line = trimmed(line.substr(0, line.size() - kInlined.size()));
    if (!line.ends_with(')')) {
      frame.symbol = line;
      return frame;
    }
  }
  if (!line.ends_with(')')) return std::nullopt;
  const std::size_t open = line.rfind(" (");
  const bool nameless = open == std::string_view::npos && line.starts_with('(');
  if (open == std::string_view::npos && !nameless) return std::nullopt;
  frame.symbol = nameless ? std::string_view() : trimmed(line.substr(0, open));
  frame.module = nameless ? line.substr(1) : line.substr(open + 2);
  frame.module.remove_suffix(1);
  return frame;
}

// Cuts the arguments off a name: "ns::f<g(int)>(char)" is "ns::f<g(int)>".
std::string_view without_arguments(std::string_view name) {
  int depth = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '<') ++depth;
    if (name[i] == '>' && depth > 0) --depth;
    if (name[i] != '(' || depth > 0 || i == 0) continue;
    const bool anonymous = name.substr(i).starts_with("(anonymous namespace)");
    if (!anonymous && name[i - 1] != '.') return name.substr(0, i);
  }
  return name;
}

std::string_view without_offset(std::string_view symbol) {
  const std::size_t plus = symbol.rfind("+0x");
  if (plus == std::string_view::npos || !to_hex(symbol.substr(plus + 1))) return symbol;
  return symbol.substr(0, plus);
}

bool recognizes(std::string_view head) {
  if (head.starts_with("heap profile: ")) return false;  // of gperftools, "heap" is no command
  Lines lines("head", head);
  while (lines.next()) {
    const std::string_view line = lines.line();
    if (line.starts_with("# captured on") || line.starts_with("# perf version")) return true;
    if (line.starts_with('#') || trimmed(line).empty()) continue;
    if (!read_header(line)) return false;
    if (read_header(line)->rest.size() > 1) return true;  // a frame or fields
    if (!lines.next()) return true;
    return trimmed(lines.line()).empty() || is_blank(lines.line()[0]);
  }
  return false;
}

// The samples of one event.
class Event {
 public:
  explicit Event(std::string_view name)
      : profile_(std::vector<ValueType>{{.name = std::string(name), .unit = unit_of(name)},
                                        {.name = "samples", .unit = "count"}}) {
    profile_.title = name;
  }

  // Adds a sample with these frames, one a line, innermost first.
  void add(const Header& header, std::string_view frames, std::int64_t period) {
    const std::uint64_t hash = hash_of(frames, hash_of(header.command));
    const std::uint32_t known = seen_.find_or_add(hash, [&](std::uint32_t i) {
      return stacks_[i].command == header.command && stacks_[i].frames == frames;
    });
    if (known == stacks_.size()) {
      stacks_.push_back({.command = header.command,
                         .frames = frames,
                         .stack = push_frames(header.command, frames)});
    }
    const std::int64_t values[] = {period, 1};
    profile_.add(stacks_[known].stack, values);
  }

  Profile take() { return std::move(profile_); }

 private:
  struct Seen {
    std::string_view command;
    std::string_view frames;
    StackId stack;
  };

  static std::string unit_of(std::string_view name) {
    return name.starts_with("cpu-clock") || name.starts_with("task-clock") ? "nanoseconds"
                                                                           : "count";
  }

  StackId push_frames(std::string_view command, std::string_view text) {
    std::string root(command);
    std::ranges::replace(root, ' ', '_');
    frames_.clear();
    Lines lines("frames", text);
    while (lines.next()) add_frame(lines.line(), command.starts_with("java"));
    StackId stack = profile_.push(kRoot, profile_.intern({.function = root}));
    for (std::size_t i = frames_.size(); i > 0; --i) {
      stack = profile_.push(stack, profile_.intern(frames_[i - 1]));
    }
    return stack;
  }

  void add_frame(std::string_view line, bool java) {
    const auto parts = read_frame(line);
    if (!parts) {
      add_source(trimmed(line));
      return;
    }
    if (parts->symbol.starts_with('(')) return;  // a process name, as old perfs print
    Frame frame{.address = parts->address, .inlined = parts->inlined};
    if (parts->module != kUnknown && parts->module != "unknown") frame.module = parts->module;
    if (parts->symbol == kUnknown) {
      const std::size_t slash = frame.module.rfind('/');
      frame.function = frame.module.empty()
                           ? std::string(kUnknown)
                           : fmt::format("[{}]", std::string_view(frame.module).substr(slash + 1));
      frames_.push_back(std::move(frame));
      return;
    }
    add_parts(frame, without_offset(parts->symbol), java);
  }

  // "a->b" is b, inlined into a: perf-map-agent writes such names for Java.
  void add_parts(const Frame& frame, std::string_view symbol, bool java) {
    const std::size_t first = frames_.size();
    for (std::size_t start = 0; start <= symbol.size();) {
      const std::size_t end = std::min(symbol.find("->", start), symbol.size());
      std::string_view name = without_arguments(symbol.substr(start, end - start));
      if (java && name.starts_with('L') && name.find('/') != std::string_view::npos) {
        name.remove_prefix(1);
      }
      Frame part = frame;
      part.function = name.empty() ? " " : std::string(name);
      if (start > 0) part.function += "_[i]";
      part.inlined = frame.inlined || start > 0;
      frames_.push_back(std::move(part));
      start = end + 2;
    }
    std::ranges::reverse(frames_.begin() + static_cast<std::ptrdiff_t>(first), frames_.end());
  }

  // The line that `-F +srcline` adds below a frame: "  spin.c:4".
  void add_source(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (frames_.empty() || colon == std::string_view::npos) return;
    const auto line = to_number(text.substr(colon + 1));
    if (!line || *line < 0) return;
    frames_.back().file = text.substr(0, colon);
    frames_.back().line = *line;
  }

  Profile profile_;
  IdTable seen_;
  std::vector<Seen> stacks_;
  std::vector<Frame> frames_;  // of the sample being read, innermost first
};

class Parser {
 public:
  explicit Parser(const Input& input) : input_(input), lines_(input.name, input.bytes) {}

  Recording parse() {
    while (lines_.next()) {
      const std::string_view line = lines_.line();
      if (line.starts_with('#') || trimmed(line).empty()) continue;
      read_sample();
    }
    if (events_.empty()) lines_.fail("'<command> <pid> <time>: <period> <event>:'");
    Recording recording{.producer = "perf script"};
    for (Event& event : events_) recording.profiles.push_back(event.take());
    if (lost_ > 0) {
      recording.warnings.push_back(fmt::format("{}: perf lost {} records", input_.name, lost_));
    }
    if (cut_) {
      recording.partial = true;
      recording.warnings.push_back(lines_.at("the file ends inside this line; it is left out"));
    }
    return recording;
  }

 private:
  void read_sample() {
    const auto header = read_header(lines_.line());
    if (!header) {
      if (!lines_.whole() && !events_.empty()) {
        cut_ = true;
        return;
      }
      lines_.fail("'<command> <pid> <time>: <period> <event>:'");
    }
    const std::int64_t period = period_of(*header);
    const bool one_line = read_frame(header->rest).has_value();
    const std::string_view frames = one_line ? header->rest : take_frames();
    if (header->event.starts_with("PERF_RECORD_")) {
      if (header->event.find("LOST") != std::string_view::npos) ++lost_;
      return;
    }
    try {
      event_of(header->event).add(*header, frames, period);
    } catch (const Error& error) {
      throw Error(lines_.at(error.what()));
    }
  }

  std::int64_t period_of(const Header& header) const {
    if (header.period.empty()) return 1;
    const auto period = to_number(header.period);
    if (!period) lines_.fail("a period below 2^63");
    return *period;
  }

  // The lines of a sample's frames. An event without an empty line before it
  // ends them, and so does the end of the file; a last line that is cut off is
  // left out.
  std::string_view take_frames() {
    std::size_t start = input_.bytes.size();
    std::size_t end = start;
    while (lines_.next()) {
      const std::string_view line = lines_.line();
      if (trimmed(line).empty()) break;
      if (!lines_.whole() && !line.ends_with(')')) {
        cut_ = true;
        break;
      }
      if (!read_frame(line)) {
        if (read_header(line)) {
          lines_.again();
          break;
        }
        if (!is_blank(line[0])) lines_.fail("a frame or an event");
      }
      start = std::min(start, lines_.offset());
      end = lines_.offset() + line.size();
    }
    return start < end ? input_.bytes.substr(start, end - start) : std::string_view();
  }

  Event& event_of(std::string_view name) {
    const auto found = ids_.find(name);
    if (found != ids_.end()) return events_[found->second];
    ids_.emplace(name, events_.size());
    return events_.emplace_back(name);
  }

  Input input_;
  Lines lines_;
  std::vector<Event> events_;
  std::map<std::string_view, std::size_t> ids_;
  std::int64_t lost_ = 0;
  bool cut_ = false;
};

Recording parse(const Input& input) { return Parser(input).parse(); }

}  // namespace

Recording parse_perf_script(std::span<const Input> inputs, const PerfScriptOptions& options) {
  Recording all{.producer = "perf script"};
  for (const Input& input : inputs) {
    Recording one = Parser(input).parse();
    for (Profile& profile : one.profiles) {
      if (options.event_filter.empty() ? all.profiles.empty()
                                       : profile.title == options.event_filter) {
        all.profiles.push_back(std::move(profile));
      }
    }
    std::ranges::move(one.warnings, std::back_inserter(all.warnings));
    all.partial = all.partial || one.partial;
  }
  return all;
}

constinit const Format kPerfScriptFormat = {
    .name = "perf-script",
    .summary = "the text of perf script: samples with their call chains",
    .recognizes = recognizes,
    .parse = parse,
};

}  // namespace tidemark
