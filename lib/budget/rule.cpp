#include "lib/budget/rule.h"

#include <fmt/format.h>

#include "lib/budget/metrics.h"
#include "lib/budget/rule_text.h"

namespace tidemark::budget {

std::string Subject::name() const {
  if (metric == kSiteMetric.name) return fmt::format("\"{}\"", argument);
  return fmt::format("{}{}{}{}", label, label.empty() ? "" : ".", metric,
                     argument.empty() ? "" : fmt::format("({})", argument));
}

bool holds(double value, Compare compare, double limit) {
  switch (compare) {
    case Compare::kLess:
      return value < limit;
    case Compare::kAtMost:
      return value <= limit;
    case Compare::kMore:
      return value > limit;
    case Compare::kAtLeast:
      return value >= limit;
    case Compare::kEqual:
      return value == limit;
  }
  return false;
}

bool waives(const Waiver& waiver, const Rule& rule) {
  return waiver.rule == rule.id || waiver.rule == rule.text;
}

Rule parse_rule(std::string_view text, std::string_view what) {
  RuleText read = read_rule_text(text, what, {.metrics = kBudgetMetrics, .compares = true});
  return {.text = std::string(text),
          .subject = std::move(read.subject),
          .compare = read.compare,
          .bound = read.bound,
          .unit = read.unit,
          .id = std::string(text)};
}

}  // namespace tidemark::budget
