#pragma once

#include <array>
#include <string_view>

#include "lib/budget/rule_text.h"

namespace tidemark::budget {

namespace metrics {

constexpr std::string_view kSize = "a size such as 512MiB";
constexpr std::string_view kDuration = "a duration such as 200ms";
constexpr std::string_view kAmount = "a count";

// Of the process at a moment, so of a stage as well.
constexpr Metric level(std::string_view name, Unit unit) {
  return {.name = name,
          .unit = unit,
          .values = unit == Unit::kBytes ? kSize : kAmount,
          .labelled = false};
}

// Of the whole run.
constexpr Metric total(std::string_view name, Unit unit, std::string_view values) {
  return {.name = name, .unit = unit, .values = values, .labelled = false, .staged = false};
}

}  // namespace metrics

// All that a budget may be about, besides percentiles; docs/budgets.md says where each comes
// from.
inline constexpr std::array kBudgetMetrics = {
    metrics::level("rss.peak", Unit::kBytes),
    metrics::level("rss.steady", Unit::kBytes),
    metrics::level("pss.peak", Unit::kBytes),
    metrics::level("pss.steady", Unit::kBytes),
    metrics::level("uss.peak", Unit::kBytes),
    metrics::level("uss.steady", Unit::kBytes),
    metrics::level("heap.peak", Unit::kBytes),
    metrics::level("heap.steady", Unit::kBytes),
    metrics::level("swap.peak", Unit::kBytes),
    metrics::level("swap.steady", Unit::kBytes),
    metrics::level("fds.peak", Unit::kCount),
    metrics::level("fds.steady", Unit::kCount),
    metrics::level("threads.peak", Unit::kCount),
    metrics::level("threads.steady", Unit::kCount),
    Metric{.name = "growth",
           .unit = Unit::kBytesPerDay,
           .values = "bytes in a time such as 50MiB/24h",
           .labelled = false},
    metrics::total("growth.per_request", Unit::kBytesPerMillion,
                   "bytes for so many requests such as 10MB/million or 100B/request"),
    Metric{.name = "rss.per",
           .unit = Unit::kBytes,
           .values = metrics::kSize,
           .labelled = false,
           .staged = false,
           .argument = Metric::Argument::kText,
           .example = "what is counted: rss.per(requests)"},
    metrics::total("leaks.bytes", Unit::kBytes, metrics::kSize),
    metrics::total("leaks.blocks", Unit::kCount, metrics::kAmount),
    metrics::total("leaks.sites", Unit::kCount, metrics::kAmount),
    metrics::total("leaks.new", Unit::kCount, metrics::kAmount),
    metrics::total("races", Unit::kCount, metrics::kAmount),
    metrics::total("races.new", Unit::kCount, metrics::kAmount),
    metrics::total("memory_errors", Unit::kCount, metrics::kAmount),
    metrics::total("memory_errors.new", Unit::kCount, metrics::kAmount),
    Metric{.name = "max", .unit = Unit::kNanoseconds, .values = metrics::kDuration},
    Metric{.name = "mean", .unit = Unit::kNanoseconds, .values = metrics::kDuration},
    Metric{.name = "errors", .unit = Unit::kShare, .values = "a share such as 1%"},
    Metric{.name = "rate", .unit = Unit::kPerSecond, .values = "a rate such as 100 or 100/s"},
    Metric{.name = "connected", .unit = Unit::kShare, .values = "a share such as 95%"},
    metrics::total("recover", Unit::kNanoseconds, "a duration such as 30s"),
    Metric{.name = "efficiency",
           .unit = Unit::kShare,
           .values = "a share such as 60%",
           .labelled = false,
           .staged = false,
           .argument = Metric::Argument::kCount,
           .example = "of how many clients: efficiency(8)"},
    metrics::total("knee", Unit::kCount, "a count of clients"),
};

}  // namespace tidemark::budget
