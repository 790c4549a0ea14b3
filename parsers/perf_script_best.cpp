// The lines of perf script as perf means them (checked against perf 6.1):
//
//   my server 1234/1235 [001]  3076.915498:    5025125 cpu-clock:u:
//           1140 spin+0x17 (/usr/bin/spin)
//           1194 right (inlined)
//       7f25d8f2 f(int) (/memfd:code (deleted))
//           11ca main+0x18
//
//   sleep 22006  3080.269362:   1   context-switches:  ffff94c3 schedule+0x23 (dso)
//   sleep 22006  3080.269362:  PERF_RECORD_LOST lost 17
//
// A command may hold spaces and numbers: the pid is the number that a CPU, a time
// or an event follows. -F leaves out what it likes: CPU, time, period, event,
// symbol, module.

#include <algorithm>

#include "lib/base/numbers.h"
#include "parsers/perf_script_lines.h"

namespace tidemark::perf_script {
namespace {

constexpr std::string_view kRecord = "PERF_RECORD_";
constexpr std::string_view kUnknown = "[unknown]";

// Takes the first word off `text`, with the blanks before it.
std::string_view take_word(std::string_view& text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  std::size_t length = 0;
  while (length < text.size() && !is_blank(text[length])) ++length;
  const std::string_view word = text.substr(0, length);
  text.remove_prefix(length);
  return word;
}

// "1234" or "1234/1235"; perf writes -1 where it does not know.
bool is_pid(std::string_view word) {
  const auto number = [](std::string_view text) {
    return is_digits(text.starts_with('-') ? text.substr(1) : text);
  };
  const std::size_t slash = word.find('/');
  if (slash == std::string_view::npos) return number(word);
  return number(word.substr(0, slash)) && number(word.substr(slash + 1));
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

void set_period(std::string_view digits, EventLine& event) {
  const auto period = to_number(digits);
  event.huge = !period;
  // A sample of period 0 was taken all the same.
  event.period = std::max<std::int64_t>(period.value_or(1), 1);
}

// Reads what follows the time: "5025125 cycles:u:", "cycles:", "PERF_RECORD_LOST".
bool read_event(std::string_view word, std::string_view text, EventLine& event) {
  if (is_digits(word)) {
    set_period(word, event);
    word = take_word(text);
  }
  const bool record = word.starts_with(kRecord);
  if (!record && (word.size() < 2 || !word.ends_with(':'))) return false;
  if (word.ends_with(':')) word.remove_suffix(1);
  if (is_digits(word)) return false;
  event.event = word;
  event.rest = text;
  return true;
}

// Reads what follows the pid.
bool read_after_pid(std::string_view text, bool indented, EventLine& event) {
  std::string_view word = take_word(text);
  const bool cpu = is_cpu(word);
  if (cpu) word = take_word(text);
  std::string_view behind = text;
  if (cpu && !word.empty() && !is_time(word) && is_time(take_word(behind))) {
    word = take_word(text);  // the flags of a tracepoint, "d..2."
  }
  const bool time = is_time(word);
  if (time) {
    event.time = word.substr(0, word.size() - 1);
    word = take_word(text);
  }
  if (indented && !cpu && !time) return false;
  if (word.empty()) {
    event.event = "event";  // -F without it
    return true;
  }
  return read_event(word, text, event);
}

std::optional<EventLine> event_line(std::string_view line) {
  constexpr int kMostWords = 32;
  line = without_spaces_behind(line);
  const bool indented = !line.empty() && is_blank(line[0]);
  std::string_view text = line;
  if (take_word(text).empty()) return std::nullopt;
  for (int i = 0; i < kMostWords; ++i) {
    const std::string_view before = line.substr(0, line.size() - text.size());
    const std::string_view word = take_word(text);
    if (word.empty()) return std::nullopt;
    EventLine event;
    if (!is_pid(word) || !read_after_pid(text, indented, event)) continue;
    event.comm = without_spaces_around(before);
    const std::size_t slash = word.find('/');
    event.pid = slash == std::string_view::npos ? "?" : word.substr(0, slash);
    event.tid = slash == std::string_view::npos ? word : word.substr(slash + 1);
    return event;
  }
  return std::nullopt;
}

// Where the parenthesis opens that the last character closes. A path may hold
// some of its own: "(/memfd:code (deleted))".
std::size_t find_open(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t i = text.size(); i-- > 0;) {
    if (text[i] == ')') ++depth;
    if (text[i] == '(' && --depth == 0) return i;
  }
  const std::size_t last = text.rfind(" (");  // a path with one that nothing closes
  return last == std::string_view::npos ? last : last + 1;
}

void split_module(std::string_view text, FrameLine& frame) {
  frame.symbol = text;
  if (!text.ends_with(')')) return;
  const std::size_t open = find_open(text);
  if (open == std::string_view::npos || (open > 0 && !is_blank(text[open - 1]))) return;
  frame.module = text.substr(open + 1, text.size() - open - 2);
  frame.symbol = without_spaces_behind(text.substr(0, open));
}

// Source lines below frames look much like frames without a module, but perf
// writes addresses 16 characters wide, with a tab before them.
bool has_address_column(std::string_view line, std::string_view address) {
  constexpr std::size_t kWidth = 16;
  const char* const end = address.data() + address.size();
  return line.starts_with('\t') || static_cast<std::size_t>(end - line.data()) >= kWidth;
}

std::optional<FrameLine> frame_line(std::string_view line) {
  std::string_view text = without_spaces_behind(line);
  FrameLine frame{.address = take_word(text)};
  if (!to_hex(frame.address)) return std::nullopt;
  text = without_spaces_around(text);
  constexpr std::string_view kInlined = "(inlined)";
  if (text.ends_with(kInlined)) {
    frame.inlined = true;
    text = without_spaces_behind(text.substr(0, text.size() - kInlined.size()));
  }
  split_module(text, frame);
  if (frame.module.empty() && !has_address_column(line, frame.address)) return std::nullopt;
  if (text.empty() && !frame.inlined) frame.symbol = kUnknown;
  if (frame.symbol.empty()) frame.symbol = " ";
  return frame;
}

bool ends_sample(std::string_view line) { return without_spaces_behind(line).empty(); }

}  // namespace

constinit const Grammar kBestGrammar = {
    .event_line = event_line,
    .frame_line = frame_line,
    .ends_sample = ends_sample,
};

}  // namespace tidemark::perf_script
