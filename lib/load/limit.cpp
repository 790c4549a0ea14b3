#include "lib/load/limit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/nearest.h"
#include "lib/base/numbers.h"
#include "lib/base/quantities.h"

// [LABEL.]METRIC[(ARGUMENT)][@STAGE] COMPARE VALUE

namespace tidemark::load {
namespace {

using Compare = Limit::Compare;
using Unit = Limit::Unit;

struct Metric {
  std::string_view name;
  Unit unit;
  std::string_view values;  // by example, for messages
};
constexpr std::array kMetrics = {
    Metric{"max", Unit::kNanoseconds, "a duration such as 200ms"},
    Metric{"mean", Unit::kNanoseconds, "a duration such as 200ms"},
    Metric{"recover", Unit::kNanoseconds, "a duration such as 30s"},
    Metric{"errors", Unit::kShare, "a share such as 1%"},
    Metric{"connected", Unit::kShare, "a share such as 99%"},
    Metric{"regress", Unit::kShare, "a share such as 20%"},
    Metric{"rate", Unit::kPerSecond, "a rate such as 100 or 100/s"},
    Metric{"rss.growth", Unit::kBytesPerDay, "bytes in a time such as 50MiB/24h"},
    Metric{"rss.max", Unit::kBytes, "a size such as 1GiB"},
    Metric{"leak.definite", Unit::kNumber, "a count"},
};
constexpr Metric kPercentile = {"p95", Unit::kNanoseconds, "a duration such as 200ms"};

std::optional<double> percentile_of(std::string_view name) {
  if (!name.starts_with('p')) return std::nullopt;
  name.remove_prefix(1);
  if (name.find_first_not_of("0123456789.") != std::string_view::npos) return std::nullopt;
  const auto percent = to_double(name);
  if (!percent || !(*percent > 0 && *percent <= 100)) return std::nullopt;
  return percent;
}

const Metric* find_metric(std::string_view name) {
  if (percentile_of(name)) return &kPercentile;
  const auto* const found = std::ranges::find(kMetrics, name, &Metric::name);
  return found == kMetrics.end() ? nullptr : found;
}

struct Comparison {
  std::string_view sign;
  Compare compare;
};
constexpr std::array kComparisons = {
    Comparison{"<=", Compare::kAtMost}, Comparison{">=", Compare::kAtLeast},
    Comparison{"==", Compare::kEqual}, Comparison{"<", Compare::kLess},
    Comparison{">", Compare::kMore}};

// The number before `end`; nothing when there is none, or the text ends otherwise.
std::optional<double> number_before(std::string_view text, std::string_view end) {
  if (!text.ends_with(end)) return std::nullopt;
  text.remove_suffix(end.size());
  const auto number = to_double(text);
  return number && *number >= 0 && *number <= 1e18 ? number : std::nullopt;
}

// A number alone might be meant as milliseconds as well as seconds.
std::optional<double> nanoseconds_in(std::string_view text) {
  const auto duration = to_double(text) ? std::nullopt : to_duration(text);
  if (!duration) return std::nullopt;
  return static_cast<double>(duration->count());
}

std::optional<double> share_in(std::string_view text) {
  const auto percent = number_before(text, text == "0" ? "" : "%");
  if (!percent) return std::nullopt;
  return *percent / 100;
}

std::optional<double> bytes_in(std::string_view text) {
  const auto bytes = to_bytes(text);
  if (!bytes) return std::nullopt;
  return static_cast<double>(*bytes);
}

// "50MiB/24h", and "50MiB/h" as well.
std::optional<double> bytes_a_day_in(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto bytes = bytes_in(text.substr(0, slash));
  const std::string_view time = text.substr(slash + 1);
  const auto each = to_duration(time).value_or(
      to_duration(fmt::format("1{}", time)).value_or(std::chrono::nanoseconds(0)));
  if (!bytes || each.count() <= 0) return std::nullopt;
  return *bytes * 86'400e9 / static_cast<double>(each.count());
}

std::optional<double> value_in(Unit unit, std::string_view text) {
  switch (unit) {
    case Unit::kNanoseconds:
      return nanoseconds_in(text);
    case Unit::kShare:
      return share_in(text);
    case Unit::kBytes:
      return bytes_in(text);
    case Unit::kBytesPerDay:
      return bytes_a_day_in(text);
    case Unit::kPerSecond:
      return number_before(text, text.ends_with("/s") ? "/s" : "");
    case Unit::kNumber:
      return number_before(text, "");
  }
  return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return text.substr(text.size());
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

class LimitReader {
 public:
  LimitReader(std::string_view text, std::string_view what) : text_(text), what_(what) {}

  Limit read() {
    Limit limit;
    limit.text = text_;
    const std::size_t parenthesis = text_.find('(');
    const std::size_t close =
        parenthesis == std::string_view::npos ? 0 : text_.find(')', parenthesis);
    if (close == std::string_view::npos) fail(text_.substr(parenthesis), "expected a ')' for '('");
    const std::size_t sign = text_.find_first_of("<>=!", close);
    if (sign == std::string_view::npos) {
      fail(text_.substr(text_.size()), "expected <, <=, >, >= or == and a value");
    }
    const Metric& metric = read_subject(trimmed(text_.substr(0, sign)), limit);
    read_value(text_.substr(sign), metric, limit);
    return limit;
  }

 private:
  // `rest` is a part of the text.
  [[noreturn]] void fail(std::string_view rest, const std::string& problem,
                         std::string hint = "") const {
    throw UsageError(fmt::format("{}: character {} of {}: {}", what_,
                                 rest.data() - text_.data() + 1, tidemark::quoted(text_), problem),
                     std::move(hint));
  }

  const Metric& read_subject(std::string_view subject, Limit& limit) const {
    std::string_view name = subject;
    const std::size_t parenthesis = subject.find('(');
    if (parenthesis != std::string_view::npos) {
      name = subject.substr(0, parenthesis);
      const std::size_t close = subject.find(')');
      limit.argument = trimmed(subject.substr(parenthesis + 1, close - parenthesis - 1));
      read_stage(subject.substr(close + 1), limit);
    } else if (const std::size_t at = subject.find('@'); at != std::string_view::npos) {
      name = subject.substr(0, at);
      read_stage(subject.substr(at), limit);
    }
    const Metric& metric = read_name(name, limit);
    if ((limit.metric == "regress") != !limit.argument.empty()) {
      fail(name, limit.argument.empty() ? "regress takes a former report: regress(report.json)"
                                        : fmt::format("{} takes nothing in parentheses", name));
    }
    return metric;
  }

  void read_stage(std::string_view rest, Limit& limit) const {
    if (rest.empty()) return;
    if (rest.front() != '@') fail(rest, fmt::format("expected '@', found {}", quoted(rest)));
    limit.stage = rest.substr(1);
    if (limit.stage.empty()) fail(rest, "expected a stage after '@'");
  }

  // The longest end of the name that is a metric; what is before it is a label.
  const Metric& read_name(std::string_view name, Limit& limit) const {
    for (std::size_t start = 0; start != std::string_view::npos;) {
      const std::string_view metric = name.substr(start);
      if (const Metric* const found = find_metric(metric)) {
        limit.metric = metric;
        limit.label = name.substr(0, start == 0 ? 0 : start - 1);
        return *found;
      }
      const std::size_t dot = name.find('.', start);
      start = dot == std::string_view::npos ? dot : dot + 1;
    }
    if (name.empty()) fail(name, "expected what is limited, such as p95 or search.errors");
    refuse_metric(name);
  }

  [[noreturn]] void refuse_metric(std::string_view name) const {
    std::vector<std::string_view> known = {"p50", "p75",   "p90",    "p95",
                                           "p99", "p99.9", "p99.99", "p99.999"};
    std::ranges::transform(kMetrics, std::back_inserter(known), &Metric::name);
    const std::string_view last = name.substr(name.rfind('.') + 1);  // npos + 1 is 0
    std::string_view meant = nearest(name, known);
    std::string_view wrong = name;
    if (meant.empty() && last != name) {
      meant = nearest(last, known);
      wrong = last;
    }
    fail(wrong, fmt::format("nothing is measured as {}", tidemark::quoted(wrong)),
         meant.empty() ? fmt::format("there are p50 to p99.999, {}",
                                     fmt::join(known.begin() + 8, known.end(), ", "))
                       : fmt::format("did you mean {}?", meant));
  }

  void read_value(std::string_view rest, const Metric& metric, Limit& limit) const {
    const auto* const comparison = std::ranges::find_if(
        kComparisons, [&](const Comparison& one) { return rest.starts_with(one.sign); });
    if (comparison == kComparisons.end()) {
      fail(rest, "expected <, <=, >, >= or ==", rest.starts_with('=') ? "did you mean ==?" : "");
    }
    limit.compare = comparison->compare;
    const std::string_view value = trimmed(rest.substr(comparison->sign.size()));
    limit.unit = metric.unit;
    if (const auto found = value_in(metric.unit, value)) {
      limit.value = *found;
      return;
    }
    fail(value.empty() ? rest.substr(rest.size()) : value,
         fmt::format("expected {}, found {}", metric.values, tidemark::quoted(value)));
  }

  std::string_view text_;
  std::string_view what_;
};

}  // namespace

bool Limit::holds(double measured) const {
  switch (compare) {
    case Compare::kLess:
      return measured < value;
    case Compare::kAtMost:
      return measured <= value;
    case Compare::kMore:
      return measured > value;
    case Compare::kAtLeast:
      return measured >= value;
    case Compare::kEqual:
      return measured == value;
  }
  return false;
}

Limit parse_limit(std::string_view text, std::string_view what) {
  return LimitReader(text, what).read();
}

}  // namespace tidemark::load
