#include "lib/load/limit.h"

#include <array>
#include <utility>

#include "lib/budget/rule_text.h"

namespace tidemark::load {
namespace {

using budget::Metric;
using Unit = Limit::Unit;

constexpr std::array kMetrics = {
    Metric{.name = "max", .unit = Unit::kNanoseconds, .values = "a duration such as 200ms"},
    Metric{.name = "mean", .unit = Unit::kNanoseconds, .values = "a duration such as 200ms"},
    Metric{.name = "recover", .unit = Unit::kNanoseconds, .values = "a duration such as 30s"},
    Metric{.name = "errors", .unit = Unit::kShare, .values = "a share such as 1%"},
    Metric{.name = "connected", .unit = Unit::kShare, .values = "a share such as 99%"},
    Metric{.name = "regress",
           .unit = Unit::kShare,
           .values = "a share such as 20%",
           .argument = Metric::Argument::kText,
           .example = "a former report: regress(report.json)"},
    Metric{.name = "rate", .unit = Unit::kPerSecond, .values = "a rate such as 100 or 100/s"},
    Metric{.name = "rss.growth",
           .unit = Unit::kBytesPerDay,
           .values = "bytes in a time such as 50MiB/24h"},
    Metric{.name = "rss.max", .unit = Unit::kBytes, .values = "a size such as 1GiB"},
    Metric{.name = "leak.definite", .unit = Unit::kCount, .values = "a count"},
};

}  // namespace

bool Limit::holds(double measured) const { return budget::holds(measured, compare, value); }

Limit parse_limit(std::string_view text, std::string_view what) {
  budget::RuleText read = budget::read_rule_text(text, what, {.metrics = kMetrics});
  return {.text = std::string(text),
          .label = std::move(read.subject.label),
          .metric = std::move(read.subject.metric),
          .argument = std::move(read.subject.argument),
          .stage = std::move(read.subject.stage),
          .compare = read.compare,
          .value = read.bound.value,
          .unit = read.unit};
}

}  // namespace tidemark::load
