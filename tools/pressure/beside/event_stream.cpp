#include "tools/pressure/beside/event_stream.h"

#include <algorithm>
#include <cctype>
#include <string>

#include "lib/base/numbers.h"

namespace tidemark::pressure {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return '0' <= c && c <= '9'; });
}

// Gives back the memory of one that was large for once.
void empty(std::string& text) {
  constexpr std::size_t kSmall = 4096;
  if (text.capacity() > kSmall) {
    text = std::string();
  } else {
    text.clear();
  }
}

}  // namespace

bool EventStream::feed(std::string_view bytes, const Sink& sink) {
  while (!bytes.empty() && !too_long_) {
    if (after_cr_ && bytes.front() == '\n') bytes.remove_prefix(1);
    after_cr_ = false;
    const std::size_t end = bytes.find_first_of("\r\n");
    if (end == std::string_view::npos) {
      too_long_ = line_.size() + bytes.size() > kMostLine;
      if (!too_long_) line_.append(bytes);
      break;
    }
    after_cr_ = bytes[end] == '\r';
    too_long_ = !end_line(bytes.substr(0, end), sink);
    bytes.remove_prefix(end + 1);
  }
  return !too_long_;
}

void EventStream::restart() {
  empty(line_);
  empty(data_);
  name_.clear();
  id_ = last_id_;
  at_start_ = true;
  after_cr_ = false;
  too_long_ = false;
}

// `rest` is the line from what line_ has on.
bool EventStream::end_line(std::string_view rest, const Sink& sink) {
  if (line_.size() + rest.size() > kMostLine) return false;
  if (line_.empty()) return take_line(rest, sink);
  line_.append(rest);
  const bool fine = take_line(line_, sink);
  empty(line_);
  return fine;
}

bool EventStream::take_line(std::string_view line, const Sink& sink) {
  if (at_start_ && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  at_start_ = false;
  if (line.empty()) {
    dispatch(sink);
    return true;
  }
  const std::size_t colon = line.find(':');
  if (colon == 0) return true;  // a comment
  std::string_view value =
      colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  return take_field(line.substr(0, colon), value);
}

bool EventStream::take_field(std::string_view name, std::string_view value) {
  if (name == "data") {
    if (data_.size() + value.size() >= kMostEvent) return false;
    data_.append(value).push_back('\n');
  } else if (name == "event") {
    name_ = value;
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos) id_ = value;
  } else if (name == "retry") {
    if (is_digits(value)) retry_ = to_number(value);
  }
  return true;
}

void EventStream::dispatch(const Sink& sink) {
  last_id_ = id_;
  if (!data_.empty()) {
    const std::string_view data(data_.data(), data_.size() - 1);
    sink({.name = name_, .data = data, .id = last_id_});
  }
  empty(data_);
  name_.clear();
}

}  // namespace tidemark::pressure
