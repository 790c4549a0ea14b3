#include "parsers/perf_script_plain.h"

#include <cstddef>

#include "parsers/perf_script_lines.h"

namespace tidemark::perf_script {
namespace {

// What is left of a line whose end is taken off step by step. Every step says
// whether it found what it takes.
class Backwards {
 public:
  explicit Backwards(std::string_view line) : begin_(line.data()), end_(begin_ + line.size()) {}

  bool take(char c) {
    if (end_ == begin_ || end_[-1] != c) return false;
    --end_;
    return true;
  }

  bool spaces() {
    const char* const before = end_;
    while (end_ != begin_ && end_[-1] == ' ') --end_;
    return end_ != before;
  }

  bool digits() {
    const char* const before = end_;
    while (end_ != begin_ && is_digit(end_[-1])) --end_;
    return end_ != before;
  }

  bool word(std::string_view likely) {
    const auto left = static_cast<std::size_t>(end_ - begin_);
    if (left > likely.size() && !likely.empty() && end_[-1] == likely.back() &&
        std::string_view(end_ - likely.size(), likely.size()) == likely &&
        end_[-static_cast<std::ptrdiff_t>(likely.size()) - 1] == ' ') {
      end_ -= likely.size();
      return true;
    }
    const char* const before = end_;
    while (end_ != begin_ && !is_space(end_[-1])) --end_;
    return end_ != before;
  }

  const char* begin() const { return begin_; }
  const char* end() const { return end_; }
  std::string_view until(const char* end) const {
    return {end_, static_cast<std::size_t>(end - end_)};
  }

 private:
  const char* begin_;
  const char* end_;
};

bool read_number(std::string_view digits, std::int64_t& number) {
  constexpr std::size_t kMost = 18;  // always below 2^63
  if (digits.size() > kMost) return false;
  number = 0;
  for (const char c : digits) number = number * 10 + (c - '0');
  return true;
}

bool read_event(Backwards& line, std::string_view likely, PlainEvent& event) {
  line.spaces();
  if (!line.take(':')) return false;
  const char* end = line.end();
  if (!line.word(likely)) return false;
  event.event = line.until(end);
  if (!line.spaces()) return false;
  end = line.end();
  if (line.digits()) {
    if (!read_number(line.until(end), event.period) || event.period == 0) return false;
    line.spaces();
  }
  return line.take(':');
}

bool read_time(Backwards& line, PlainEvent& event) {
  const char* const end = line.end();
  if (!line.digits() || !line.take('.') || !line.digits()) return false;
  event.time = line.until(end);
  if (!line.spaces()) return false;
  if (!line.take(']')) return true;
  return line.digits() && line.take('[') && line.spaces();
}

}  // namespace

bool read_plain(std::string_view line, std::string_view likely, PlainEvent& event) {
  if (line.empty() || is_space(line[0])) return false;
  Backwards left(line);
  if (!read_event(left, likely, event) || !read_time(left, event)) return false;
  const char* const end = left.end();
  if (!left.digits() || (left.take('/') && !left.digits()) || !left.spaces()) return false;
  event.thread = {left.begin(), static_cast<std::size_t>(end - left.begin())};
  event.comm = {left.begin(), static_cast<std::size_t>(left.end() - left.begin())};
  return event.comm.size() > 1;
}

}  // namespace tidemark::perf_script
