#include "tools/leakwatch/watch/metric.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "parsers/json_walk.h"

namespace tidemark::leakwatch {
namespace {

constexpr std::size_t kLongestName = 64;

// A JSON pointer as JsonWalk names places: "/a/0/b" is "a[].b", with 0 as the index
// of the list "a".
class Pointer {
 public:
  explicit Pointer(std::string_view text) {
    while (!text.empty()) {
      text.remove_prefix(1);
      const std::size_t end = std::min(text.find('/'), text.size());
      add(unescaped(text.substr(0, end)));
      text.remove_prefix(end);
    }
  }

  // Whether `event` is the value that is meant.
  bool matches(const JsonEvent& event) {
    if (event.kind == JsonEvent::Kind::kClose) return false;
    for (std::size_t i = 0; i < lists_.size(); ++i) {
      if (event.path != lists_[i].path) continue;
      ++lists_[i].seen;
      for (std::size_t inner = i + 1; inner < lists_.size(); ++inner) lists_[inner].seen = 0;
    }
    return event.path == path_ && std::ranges::all_of(lists_, [](const List& list) {
             return list.seen == list.index + 1;
           });
  }

 private:
  struct List {
    std::string path;  // of an element
    std::int64_t index = 0;
    std::int64_t seen = 0;
  };

  static std::string unescaped(std::string_view token) {
    std::string out;
    for (std::size_t i = 0; i < token.size(); ++i) {
      if (token[i] != '~' || i + 1 == token.size()) {
        out += token[i];
      } else {
        out += token[++i] == '1' ? '/' : '~';
      }
    }
    return out;
  }

  void add(std::string token) {
    const auto index = to_number(token);
    if (index && *index >= 0) {
      path_ += "[]";
      lists_.push_back({.path = path_, .index = *index});
      return;
    }
    // What would be mistaken for part of a path is '_' there.
    std::ranges::replace_if(
        token, [](char c) { return c == '.' || c == '[' || c == ']'; }, '_');
    path_ += (path_.empty() ? "" : ".") + token;
  }

  std::string path_;
  std::vector<List> lists_;
};

double json_value(const Metric& metric, std::string_view text) {
  Pointer pointer(metric.place);
  std::optional<double> value;
  JsonWalk walk({.name = "answer", .bytes = text});
  walk.read([&](const JsonEvent& event) {
    if (value || !pointer.matches(event)) return;
    if (event.kind == JsonEvent::Kind::kWhole) value = static_cast<double>(event.whole);
    if (event.kind == JsonEvent::Kind::kFraction || event.kind == JsonEvent::Kind::kText) {
      value = to_double(event.text);
    }
  });
  if (!value) {
    throw Error(fmt::format("no number at {}", tidemark::quoted(metric.place)));
  }
  return *value;
}

// 'name{label="x"} 12.5 1700000000': the value, when the line is of that name.
std::optional<double> sample_of(std::string_view line, std::string_view place) {
  if (!line.starts_with(place)) return std::nullopt;
  line.remove_prefix(place.size());
  if (line.starts_with('{') && place.find('{') == std::string_view::npos) {
    const std::size_t end = line.rfind('}');
    if (end == std::string_view::npos) return std::nullopt;
    line.remove_prefix(end + 1);
  }
  if (!line.starts_with(' ') && !line.starts_with('\t')) return std::nullopt;
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  return to_double(line.substr(0, line.find_first_of(" \t")));
}

double prometheus_value(const Metric& metric, std::string_view text) {
  std::optional<double> sum;
  Lines lines("", text);
  while (lines.next()) {
    const auto value = sample_of(lines.line(), metric.place);
    if (value && std::isfinite(*value)) sum = sum.value_or(0) + *value;
  }
  if (!sum) {
    throw Error(fmt::format("no sample of {}", tidemark::quoted(metric.place)));
  }
  return *sum;
}

}  // namespace

Metric parse_metric(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::size_t hash = text.find('#');
  if (equals == 0 || equals == std::string_view::npos || hash == std::string_view::npos ||
      hash < equals || hash + 1 == text.size() || equals > kLongestName) {
    throw UsageError(
        fmt::format("--metric: expected NAME=URL#/json/pointer or "
                    "NAME=URL#prometheus_name, found {}",
                    tidemark::quoted(text)));
  }
  return {.name = std::string(text.substr(0, equals)),
          .url = http::parse_url(text.substr(equals + 1, hash - equals - 1), "--metric"),
          .place = std::string(text.substr(hash + 1))};
}

double value_in(const Metric& metric, std::string_view text) {
  const double value =
      metric.place.starts_with('/') ? json_value(metric, text) : prometheus_value(metric, text);
  if (!std::isfinite(value) || std::abs(value) > 1e15) {
    throw Error(fmt::format("{} is too large", value));
  }
  return value;
}

}  // namespace tidemark::leakwatch
