// The lines of perf script as inferno-collapse-perf 0.12 takes them apart.
//
// An event's line is a command, the first word of digits ("12", "12/14") that
// spaces surround, and colons: the event is the last word between the first and
// the second colon behind the pid. A frame's line is an address, a symbol and, as
// the last word, the module in parentheses. What follows the event on its line is
// the sample's only frame.

#include <charconv>

#include "parsers/perf_script_lines.h"

namespace tidemark::perf_script {
namespace {

// Reads the command and the pid; returns where the rest of the line starts, 0
// when there is no pid.
// NOLINTNEXTLINE(readability-function-cognitive-complexity): inferno's loop, step by step
std::size_t read_pid(std::string_view line, EventLine& event) {
  std::size_t word = 0;
  bool digits = false;
  bool after_space = false;
  std::size_t slash = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == ' ') {
      if (digits && !after_space) {
        event.comm = without_spaces_around(line.substr(0, word - 1));
        event.pid = slash != 0 ? line.substr(word, slash - word) : "?";
        event.tid =
            slash != 0 ? line.substr(slash + 1, i - slash - 1) : line.substr(word, i - word);
        return i + 1;
      }
      word = i + 1;
      digits = true;
    } else if (c == '/') {
      if (digits) slash = i;
    } else if (!is_digit(c)) {
      digits = false;
      slash = 0;
    }
    after_space = c == ' ';
  }
  return 0;
}

// "   250000 cycles": what is no number, or no 64-bit one, counts 1.
void read_period(std::string_view text, EventLine& event) {
  text = without_spaces_around(text);
  std::uint64_t period = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), period);
  if (problem != std::errc() || end != text.data() + text.size()) return;
  event.huge = period > INT64_MAX;
  event.period = event.huge ? 1 : static_cast<std::int64_t>(period);
}

// The end of an event's name ("u:" of "cycles:u:") is no frame.
void read_rest(std::string_view rest, EventLine& event) {
  if (!rest.empty() && rest[0] != ' ') {
    const std::size_t colon = rest.find(':');
    rest = colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
  }
  event.rest = without_spaces_around(rest);
  event.one_line = !event.rest.empty();
}

std::optional<EventLine> event_line(std::string_view line) {
  line = without_spaces_behind(line);
  EventLine event;
  const std::size_t end = read_pid(line, event);
  if (end == 0) return std::nullopt;
  line.remove_prefix(end);
  const std::size_t first = line.find(':');
  if (first == std::string_view::npos) return event;
  event.time = line.substr(line.rfind(' ', first) + 1);
  event.time = event.time.substr(0, event.time.find(':'));
  line.remove_prefix(first + 1);
  const std::size_t second = line.find(':');
  const std::string_view named = line.substr(0, second);
  const std::size_t space = named.rfind(' ');
  event.event = named.substr(space + 1);
  if (space != std::string_view::npos) read_period(named.substr(0, space), event);
  if (second != std::string_view::npos) read_rest(line.substr(second + 1), event);
  return event;
}

std::optional<FrameLine> frame_line(std::string_view line) {
  line = without_spaces_around(line);
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  FrameLine frame{.address = without_spaces_behind(line.substr(0, space))};
  line.remove_prefix(space + 1);
  const std::size_t last = line.rfind(' ');
  if (last == std::string_view::npos) return std::nullopt;
  frame.module = line.substr(last + 1);
  if (frame.module.size() < 2 || !frame.module.starts_with('(') || !frame.module.ends_with(')')) {
    return std::nullopt;
  }
  frame.module = frame.module.substr(1, frame.module.size() - 2);
  frame.symbol = without_spaces_around(line.substr(0, last));
  if (frame.symbol.empty()) frame.symbol = " ";
  return frame;
}

bool ends_sample(std::string_view line) { return without_spaces_behind(line).empty(); }

}  // namespace

constinit const Grammar kInfernoGrammar = {
    .event_line = event_line,
    .frame_line = frame_line,
    .ends_sample = ends_sample,
};

}  // namespace tidemark::perf_script
