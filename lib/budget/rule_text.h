#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "lib/budget/rule.h"

namespace tidemark::budget {

// What a rule may be about.
struct Metric {
  enum class Argument : std::uint8_t { kNone, kText, kCount };

  std::string_view name;  // "rss.peak"
  Unit unit = Unit::kCount;
  std::string_view values;  // by example, for messages: "a size such as 512MiB"
  bool labelled = true;     // whether it may be of one label: "search.errors"
  bool staged = true;       // whether it may be of one stage: "errors@normal"
  Argument argument = Argument::kNone;
  std::string_view example;  // of the argument: "a former report: regress(report.json)"
};

// "p95", and every other percentile: every language has them.
constexpr Metric kPercentile = {
    .name = "p95", .unit = Unit::kNanoseconds, .values = "a duration such as 200ms"};

// What `"json_parse*" < 8MiB` is about.
constexpr Metric kSiteMetric = {
    .name = "site", .unit = Unit::kBytes, .values = "a size such as 8MiB"};

// Those who read rules differ in what they measure.
struct Language {
  std::span<const Metric> metrics;  // besides percentiles
  bool compares = false;            // "< baseline + 3%", and `"json_parse*" < 8MiB`
};

struct RuleText {
  Subject subject;
  Compare compare = Compare::kLess;
  Bound bound;
  Unit unit = Unit::kCount;
};

// Reads [LABEL.]METRIC[(ARGUMENT)][@STAGE] COMPARE VALUE. Throws UsageError that names `what`,
// the place in the text and, for an unknown metric, the one that was probably meant.
RuleText read_rule_text(std::string_view text, std::string_view what, const Language& language);

}  // namespace tidemark::budget
