// The lines of perf script as FlameGraph's stackcollapse-perf.pl takes them
// apart (at its head revision). Its three expressions, matched by hand:
//
//   event   /^(\S.+?)\s+(\d+)\/*(\d+)*\s+/        comm, pid, tid
//   name    /:\s*(\d+)*\s+(\S+):\s*$/             period, event
//   frame   /^\s*(\w+)\s*(.+) \((.*)\)/           address, symbol, module
//
// What they match is what counts here, not what was meant: a command of one
// character takes in what follows it up to the next number, and an address without
// a symbol gives its last digit away as one.

#include <algorithm>

#include "lib/base/numbers.h"
#include "parsers/perf_script_lines.h"

namespace tidemark::perf_script {
namespace {

bool is_word(char c) {
  return is_digit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Reads `(\d+)\/*(\d+)*\s+` at `at`.
bool read_pid(std::string_view line, std::size_t at, EventLine& event) {
  const auto digits = [&] {
    const std::size_t start = at;
    while (at < line.size() && is_digit(line[at])) ++at;
    return line.substr(start, at - start);
  };
  event.pid = digits();
  while (at < line.size() && line[at] == '/') ++at;
  event.tid = digits();
  if (event.pid.empty() || at == line.size() || !is_space(line[at])) return false;
  if (event.tid.empty() || event.tid == "0") {  // what Perl takes for false
    event.tid = event.pid;
    event.pid = "?";
  }
  return true;
}

// The command ends at the first run of spaces that a pid follows.
bool read_comm(std::string_view line, EventLine& event) {
  if (line.empty() || is_space(line[0])) return false;
  for (std::size_t at = 1; at < line.size();) {
    if (!is_space(line[at])) {
      ++at;
      continue;
    }
    const std::size_t comm = std::max<std::size_t>(at, 2);  // \S and one character more
    while (at < line.size() && is_space(line[at])) ++at;
    if (comm < at && read_pid(line, at, event)) {
      event.comm = line.substr(0, comm);
      return true;
    }
  }
  return false;
}

void set_period(std::string_view digits, EventLine& event) {
  if (digits.empty() || digits == "0") return;
  const auto period = to_number(digits);
  event.huge = !period;
  event.period = period.value_or(1);
}

// Reads from the end, where the expression is anchored.
void read_name(std::string_view line, EventLine& event) {
  line = without_spaces_behind(line);
  if (!line.ends_with(':')) return;
  line.remove_suffix(1);
  std::size_t start = line.size();
  while (start > 0 && !is_space(line[start - 1])) --start;
  if (start == 0 || start == line.size()) return;
  std::string_view before = without_spaces_behind(line.substr(0, start));
  std::size_t digits = before.size();
  while (digits > 0 && is_digit(before[digits - 1])) --digits;
  if (!without_spaces_behind(before.substr(0, digits)).ends_with(':')) return;
  event.event = line.substr(start);
  set_period(before.substr(digits), event);
}

std::optional<EventLine> event_line(std::string_view line) {
  EventLine event;
  if (!read_comm(line, event)) return std::nullopt;
  read_name(line, event);
  return event;
}

// The last " (" that some ")" follows.
std::size_t find_module(std::string_view line, std::size_t close) {
  if (close == std::string_view::npos || close < 2) return std::string_view::npos;
  return line.rfind(" (", close - 2);
}

std::optional<FrameLine> frame_line(std::string_view line) {
  const std::size_t close = line.rfind(')');
  const std::size_t open = find_module(line, close);
  if (open == std::string_view::npos) return std::nullopt;
  std::size_t start = 0;
  while (start < line.size() && is_space(line[start])) ++start;
  std::size_t word = start;
  while (word < line.size() && is_word(line[word])) ++word;
  if (word == start) return std::nullopt;
  std::size_t symbol = word;
  while (symbol < line.size() && is_space(line[symbol])) ++symbol;
  if (symbol >= open) {  // nothing is left for .+ and so the others give way
    if (open == 0 || open - 1 <= start) return std::nullopt;
    symbol = open - 1;
  }
  return FrameLine{.address = line.substr(start, std::min(word, symbol) - start),
                   .symbol = line.substr(symbol, open - symbol),
                   .module = line.substr(open + 2, close - open - 2)};
}

bool ends_sample(std::string_view line) { return line.empty(); }

}  // namespace

constinit const Grammar kFlameGraphGrammar = {
    .event_line = event_line,
    .frame_line = frame_line,
    .ends_sample = ends_sample,
};

}  // namespace tidemark::perf_script
