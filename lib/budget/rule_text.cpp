#include "lib/budget/rule_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/nearest.h"
#include "lib/base/numbers.h"
#include "lib/budget/quantity.h"

// [LABEL.]METRIC[(ARGUMENT)][@STAGE] COMPARE VALUE
// "PATTERN" COMPARE VALUE
//
// VALUE: a quantity in the metric's unit, or
//   baseline [* NUMBER] [(+|-) PERCENT%] [(+|-) QUANTITY]

namespace tidemark::budget {
namespace {

struct Comparison {
  std::string_view sign;
  Compare compare;
};
constexpr std::array kComparisons = {
    Comparison{"<=", Compare::kAtMost}, Comparison{">=", Compare::kAtLeast},
    Comparison{"==", Compare::kEqual}, Comparison{"<", Compare::kLess},
    Comparison{">", Compare::kMore}};

constexpr std::string_view kBaseline = "baseline";

bool is_percentile(std::string_view name) {
  if (!name.starts_with('p')) return false;
  name.remove_prefix(1);
  if (name.find_first_not_of("0123456789.") != std::string_view::npos) return false;
  const auto percent = to_double(name);
  return percent && *percent > 0 && *percent <= 100;
}

// What a sign that there is not was probably meant to be.
std::string_view hint_of_sign(std::string_view rest) {
  if (rest.starts_with("=<") || rest.starts_with("≤")) return "did you mean <=?";
  if (rest.starts_with("=>") || rest.starts_with("≥")) return "did you mean >=?";
  return rest.starts_with('=') ? "did you mean ==?" : "";
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return text.substr(text.size());
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Numbers that never come out twice the same.
bool is_never_equal(Unit unit) {
  return unit == Unit::kNanoseconds || unit == Unit::kPerSecond || unit == Unit::kBytesPerDay ||
         unit == Unit::kBytesPerMillion;
}

class Reader {
 public:
  Reader(std::string_view text, std::string_view what, const Language& language)
      : text_(text), what_(what), language_(language) {}

  RuleText read() {
    const std::string_view start = trimmed(text_);
    if (language_.compares && start.starts_with('"')) return read_site(start);
    const std::size_t parenthesis = text_.find('(');
    const std::size_t close =
        parenthesis == std::string_view::npos ? 0 : text_.find(')', parenthesis);
    if (close == std::string_view::npos) fail(text_.substr(parenthesis), "expected a ')' for '('");
    const std::size_t sign = text_.find_first_of("<>=!", close);
    if (sign == std::string_view::npos) {
      fail(text_.substr(text_.size()), "expected <, <=, >, >= or == and a value");
    }
    const Metric& metric = read_subject(trimmed(text_.substr(0, sign)));
    read_value(text_.substr(sign), metric);
    return rule_;
  }

 private:
  // `rest` is a part of the text.
  [[noreturn]] void fail(std::string_view rest, const std::string& problem,
                         std::string hint = "") const {
    throw UsageError(fmt::format("{}: character {} of {}: {}", what_,
                                 rest.data() - text_.data() + 1, tidemark::quoted(text_), problem),
                     std::move(hint));
  }

  RuleText read_site(std::string_view start) {
    const std::size_t end = start.find('"', 1);
    if (end == std::string_view::npos) fail(start, "expected a '\"' at the end of the pattern");
    rule_.subject = {.metric = std::string(kSiteMetric.name),
                     .argument = std::string(start.substr(1, end - 1))};
    if (end == 1) fail(start, "expected a function's name, such as \"json_parse*\"");
    const std::string_view rest = start.substr(end + 1);
    read_value(rest.substr(std::min(rest.find_first_not_of(" \t"), rest.size())), kSiteMetric);
    return rule_;
  }

  const Metric& read_subject(std::string_view subject) {
    std::string_view name = subject;
    const std::size_t parenthesis = subject.find('(');
    if (parenthesis != std::string_view::npos) {
      name = subject.substr(0, parenthesis);
      const std::size_t close = subject.find(')');
      rule_.subject.argument = trimmed(subject.substr(parenthesis + 1, close - parenthesis - 1));
      read_stage(subject.substr(close + 1));
    } else if (const std::size_t at = subject.find('@'); at != std::string_view::npos) {
      name = subject.substr(0, at);
      read_stage(subject.substr(at));
    }
    const Metric& metric = read_name(name);
    check_argument(name, metric);
    if (!metric.labelled && !rule_.subject.label.empty()) {
      fail(name, fmt::format("{} is not of one label", metric.name));
    }
    if (!metric.staged && !rule_.subject.stage.empty()) {
      fail(subject.substr(subject.find('@')),
           fmt::format("{} is of the whole run, not of a stage", metric.name));
    }
    return metric;
  }

  void check_argument(std::string_view name, const Metric& metric) const {
    const std::string& argument = rule_.subject.argument;
    if (metric.argument == Metric::Argument::kNone) {
      if (!argument.empty()) fail(name, fmt::format("{} takes nothing in parentheses", name));
      return;
    }
    const bool counts = metric.argument == Metric::Argument::kCount;
    const auto count = to_number(argument);
    if (argument.empty() || (counts && !(count && *count > 0))) {
      fail(name, fmt::format("{} takes {}", metric.name, metric.example));
    }
  }

  void read_stage(std::string_view rest) {
    if (rest.empty()) return;
    if (rest.front() != '@') fail(rest, fmt::format("expected '@', found {}", quoted(rest)));
    rule_.subject.stage = rest.substr(1);
    if (rule_.subject.stage.empty()) fail(rest, "expected a stage after '@'");
  }

  const Metric* find_metric(std::string_view name) const {
    if (is_percentile(name)) return &kPercentile;
    const auto found = std::ranges::find(language_.metrics, name, &Metric::name);
    return found == language_.metrics.end() ? nullptr : &*found;
  }

  // The longest end of the name that is a metric; what is before it is a label.
  const Metric& read_name(std::string_view name) {
    for (std::size_t start = 0; start != std::string_view::npos;) {
      const std::string_view metric = name.substr(start);
      if (const Metric* const found = find_metric(metric)) {
        rule_.subject.metric = metric;
        rule_.subject.label = name.substr(0, start == 0 ? 0 : start - 1);
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
    std::ranges::transform(language_.metrics, std::back_inserter(known), &Metric::name);
    const std::string_view last = name.substr(name.rfind('.') + 1);  // npos + 1 is 0
    std::string_view meant = nearest(name, known);
    std::string_view wrong = name;
    if (meant.empty() && last != name) {
      meant = nearest(last, known);
      wrong = last;
    }
    std::string hint = meant.empty() ? family_text(name) : fmt::format("did you mean {}?", meant);
    if (hint.empty()) {
      hint = fmt::format("there are p50 to p99.999, {}",
                         fmt::join(known.begin() + 8, known.end(), ", "));
    }
    fail(wrong, fmt::format("nothing is measured as {}", tidemark::quoted(wrong)), std::move(hint));
  }

  // "of rss there are rss.peak, rss.steady, rss.per", where `name` begins like such metrics.
  std::string family_text(std::string_view name) const {
    const std::string_view family = name.substr(0, name.find('.'));
    std::vector<std::string_view> members;
    for (const Metric& metric : language_.metrics) {
      if (metric.name != family && metric.name.substr(0, metric.name.find('.')) == family) {
        members.push_back(metric.name);
      }
    }
    if (members.empty()) return "";
    return fmt::format("of {} there are {}", family, fmt::join(members, ", "));
  }

  void read_value(std::string_view rest, const Metric& metric) {
    const auto* const comparison = std::ranges::find_if(
        kComparisons, [&](const Comparison& one) { return rest.starts_with(one.sign); });
    if (comparison == kComparisons.end()) {
      fail(rest, "expected <, <=, >, >= or ==", std::string(hint_of_sign(rest)));
    }
    rule_.compare = comparison->compare;
    rule_.unit = metric.unit;
    std::string_view value = trimmed(rest.substr(comparison->sign.size()));
    if (value.empty()) value = rest.substr(rest.size());
    if (language_.compares && value.starts_with(kBaseline)) {
      read_baseline(value.substr(kBaseline.size()), metric);
    } else if (const auto found = value_in(metric.unit, value)) {
      rule_.bound.value = *found;
    } else {
      fail(value, fmt::format("expected {}, found {}", metric.values, tidemark::quoted(value)),
           value_hint(value));
    }
    if (language_.compares) check_bound(rest, value, metric);
  }

  std::string value_hint(std::string_view value) const {
    if (!language_.compares) return "";
    constexpr std::array kWords = {kBaseline};
    if (!nearest(value.substr(0, value.find_first_of(" +-*")), kWords).empty()) {
      return "did you mean baseline?";
    }
    if (value.find(kBaseline) != std::string_view::npos) {
      return "a limit that follows the baseline begins with it: baseline * 1.1, baseline + 3%";
    }
    return rule_.subject.label.empty() ? "" : family_text(rule_.subject.label);
  }

  void check_bound(std::string_view rest, std::string_view value, const Metric& metric) const {
    if (rule_.compare == Compare::kEqual && is_never_equal(metric.unit)) {
      fail(rest, fmt::format("{} never comes out the same twice: expected <, <=, > or >=",
                             rule_.subject.metric));
    }
    const bool may_fall = metric.unit == Unit::kBytesPerDay ||
                          metric.unit == Unit::kBytesPerMillion || metric.name == "rss.per";
    if (rule_.compare == Compare::kLess && !rule_.bound.relative && rule_.bound.value == 0 &&
        !may_fall) {
      fail(value, fmt::format("{} is never below 0", rule_.subject.metric), "did you mean == 0?");
    }
  }

  // "+ 3%" of what follows "baseline".
  struct Term {
    std::string_view text;
    char sign;
    std::string_view operand;

    bool scales() const { return sign == '*' || operand.ends_with('%'); }
    double direction() const { return sign == '-' ? -1 : 1; }
  };

  // Takes the first off `rest`, which is not empty.
  Term take_term(std::string_view& rest, const Metric& metric) const {
    const std::string_view text = rest;
    if (text.find_first_of("+-*") != 0) refuse_term(text, metric);
    const std::string_view from = trimmed(text.substr(1));
    const std::string_view operand = from.substr(0, from.find_first_of(" \t+-*"));
    rest = trimmed(from.substr(operand.size()));
    return {.text = text, .sign = text.front(), .operand = operand};
  }

  [[noreturn]] void refuse_term(std::string_view text, const Metric& metric) const {
    fail(text, fmt::format("expected baseline, then * 1.1 or + 3%, then + and {}", metric.values));
  }

  void read_baseline(std::string_view rest, const Metric& metric) {
    rule_.bound = {.relative = true};
    bool scaled = false;
    bool added = false;
    for (rest = trimmed(rest); !rest.empty();) {
      const Term term = take_term(rest, metric);
      if (added || (scaled && term.scales())) refuse_term(term.text, metric);
      if (term.scales()) {
        scale(term, metric);
        scaled = true;
      } else {
        rule_.bound.value = term.direction() * addend_in(term.operand, metric);
        added = true;
      }
    }
  }

  void scale(const Term& term, const Metric& metric) {
    rule_.bound.factor = term.sign == '*'
                             ? factor_in(term.operand)
                             : 1 + term.direction() * share_of_baseline_in(term.operand, metric);
    if (rule_.bound.factor < 0) fail(term.operand, "nothing is left of the baseline");
  }

  double factor_in(std::string_view operand) const {
    const auto factor = plain_number_in(operand);
    if (factor && *factor <= 1e6) return *factor;
    fail(operand, fmt::format("expected a factor such as 1.1, found {}", quoted(operand)));
  }

  // Of a share, one percent more may be meant to be of it, or of the whole.
  double share_of_baseline_in(std::string_view operand, const Metric& metric) const {
    const auto share = percent_in(operand);
    if (!share || *share > 1e4) {
      fail(operand, fmt::format("expected a share such as 3%, found {}", quoted(operand)));
    }
    if (metric.unit != Unit::kShare) return *share;
    fail(operand, fmt::format("{} of what is a share itself may mean two things", operand),
         fmt::format("write baseline * {:g}, or baseline + {:g}pp for percentage points",
                     1 + *share, 100 * *share));
  }

  double addend_in(std::string_view operand, const Metric& metric) const {
    const bool share = metric.unit == Unit::kShare;
    const auto value = share ? percentage_points_in(operand) : value_in(metric.unit, operand);
    if (value) return *value;
    fail(operand,
         fmt::format("expected {}, found {}",
                     share ? "percentage points such as 1pp" : metric.values, quoted(operand)));
  }

  std::string_view text_;
  std::string_view what_;
  const Language& language_;
  RuleText rule_;
};

}  // namespace

RuleText read_rule_text(std::string_view text, std::string_view what, const Language& language) {
  return Reader(text, what, language).read();
}

}  // namespace tidemark::budget
