#include "parsers/json_walk.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/lines.h"

namespace tidemark {
namespace {

constexpr std::size_t kMaxDepth = 64;

// Walks the text and tells others how far it is.
class Place {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Place(const char* at, const char** last) : at_(at), last_(last) {}
  reference operator*() const { return *at_; }
  Place& operator++() {
    *last_ = ++at_;
    return *this;
  }
  friend bool operator!=(const Place& a, const Place& b) { return a.at_ != b.at_; }

 private:
  const char* at_;
  const char** last_;
};

// Keeps the path; its functions are what nlohmann/json calls.
class Events {
 public:
  using Kind = JsonEvent::Kind;

  Events(const JsonWalk& walk, const std::function<void(const JsonEvent&)>& on)
      : walk_(walk), on_(on) {}

  // What went wrong, if that was not the end of the text; empty: nothing.
  const std::string& problem() const { return problem_; }

  static bool null() { return true; }
  bool boolean(bool value) { return value_of(Kind::kTruth, {}, value ? 1 : 0); }
  bool number_integer(nlohmann::json::number_integer_t value) {
    return value_of(Kind::kWhole, {}, value);
  }
  bool number_unsigned(nlohmann::json::number_unsigned_t value) {
    constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
    if (value > static_cast<std::uint64_t>(kMost)) {
      return value_of(Kind::kFraction, fmt::to_string(value), 0);
    }
    return value_of(Kind::kWhole, {}, static_cast<std::int64_t>(value));
  }
  bool number_float(nlohmann::json::number_float_t /*value*/, const std::string& text) {
    return value_of(Kind::kFraction, text, 0);
  }
  bool string(const std::string& value) { return value_of(Kind::kText, value, 0); }
  static bool binary(nlohmann::json::binary_t& /*value*/) { return true; }
  bool start_object(std::size_t /*size*/) { return open({}); }
  bool end_object() { return close(); }
  bool start_array(std::size_t /*size*/) { return open("[]"); }
  bool end_array() { return close(); }
  bool key(const std::string& name) {
    path_.resize(levels_.back());
    if (!path_.empty()) path_ += '.';
    std::ranges::transform(name, std::back_inserter(path_),
                           [](char c) { return c == '.' || c == '[' || c == ']' ? '_' : c; });
    return true;
  }
  bool parse_error(std::size_t /*position*/, const std::string& token,
                   const nlohmann::json::exception& problem) {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: <what>"
    const std::string_view what = problem.what();
    const std::size_t colon = what.find(": ");
    problem_ = fmt::format("expected JSON, found {} ({})", tidemark::quoted(token),
                           printable(what.substr(colon == std::string_view::npos ? 0 : colon + 2)));
    return false;
  }

 private:
  bool value_of(Kind kind, std::string_view text, std::int64_t whole) {
    on_({.kind = kind, .path = path_, .text = text, .whole = whole});
    return true;
  }

  // What is inside has the path of the thing itself, and `more`.
  bool open(std::string_view more) {
    if (levels_.size() >= kMaxDepth) {
      throw Error(walk_.here(fmt::format("expected at most {} levels of JSON", kMaxDepth)));
    }
    value_of(Kind::kOpen, {}, 0);
    own_.push_back(path_.size());
    path_ += more;
    levels_.push_back(path_.size());
    return true;
  }

  bool close() {
    path_.resize(own_.back());
    own_.pop_back();
    levels_.pop_back();
    value_of(Kind::kClose, {}, 0);
    return true;
  }

  const JsonWalk& walk_;
  const std::function<void(const JsonEvent&)>& on_;
  std::string path_;
  std::vector<std::size_t> own_;     // by level: how much of path_ is the thing's own
  std::vector<std::size_t> levels_;  // by level: how much of path_ is that of what is inside
  std::string problem_;
};

}  // namespace

bool JsonWalk::read(const std::function<void(const JsonEvent&)>& on) {
  const char* const end = input_.bytes.data() + input_.bytes.size();
  Events events(*this, on);
  nlohmann::json::sax_parse(Place(at_, &at_), Place(end, &at_), &events);
  if (events.problem().empty()) return true;
  if (at_ == end) return false;
  throw Error(here(events.problem()));
}

std::string JsonWalk::here(std::string_view message) const {
  const std::string_view before(input_.bytes.data(),
                                static_cast<std::size_t>(at_ - input_.bytes.data()));
  return fmt::format("{}:{}: {}", input_.name, 1 + std::ranges::count(before, '\n'), message);
}

bool json_has_key(std::string_view head, std::string_view key) {
  const std::size_t start = head.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos || head[start] != '{') return false;
  const std::string wanted = fmt::format("\"{}\"", key);
  for (std::size_t at = head.find(wanted); at != std::string_view::npos;
       at = head.find(wanted, at + 1)) {
    const std::size_t next = head.find_first_not_of(" \t\r\n", at + wanted.size());
    if (next != std::string_view::npos && head[next] == ':') return true;
  }
  return false;
}

}  // namespace tidemark
