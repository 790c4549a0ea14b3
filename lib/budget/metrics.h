#pragma once

#include <array>
#include <string_view>

#include "lib/budget/rule_text.h"

namespace tidemark::budget {

// All that a budget may be about, besides percentiles; docs/budgets.md says where each comes
// from.
constexpr auto kBudgetMetrics = [] {
  constexpr std::string_view kSize = "a size such as 512MiB";
  constexpr std::string_view kDuration = "a duration such as 200ms";
  constexpr std::string_view kCount = "a count";
  // Of the process at a moment, so of a stage as well.
  const auto level = [](std::string_view name, Unit unit) {
    return Metric{.name = name,
                  .unit = unit,
                  .values = unit == Unit::kBytes ? kSize : kCount,
                  .labelled = false};
  };
  // Of the whole run.
  const auto total = [](std::string_view name, Unit unit, std::string_view values) {
    return Metric{.name = name, .unit = unit, .values = values, .labelled = false, .staged = false};
  };
  return std::array{
      level("rss.peak", Unit::kBytes),
      level("rss.steady", Unit::kBytes),
      level("pss.peak", Unit::kBytes),
      level("pss.steady", Unit::kBytes),
      level("uss.peak", Unit::kBytes),
      level("uss.steady", Unit::kBytes),
      level("heap.peak", Unit::kBytes),
      level("heap.steady", Unit::kBytes),
      level("swap.peak", Unit::kBytes),
      level("swap.steady", Unit::kBytes),
      level("fds.peak", Unit::kCount),
      level("fds.steady", Unit::kCount),
      level("threads.peak", Unit::kCount),
      level("threads.steady", Unit::kCount),
      Metric{.name = "growth",
             .unit = Unit::kBytesPerDay,
             .values = "bytes in a time such as 50MiB/24h",
             .labelled = false},
      total("growth.per_request", Unit::kBytesPerMillion,
            "bytes for so many requests such as 10MB/million or 100B/request"),
      Metric{.name = "rss.per",
             .unit = Unit::kBytes,
             .values = kSize,
             .labelled = false,
             .staged = false,
             .argument = Metric::Argument::kText,
             .example = "what is counted: rss.per(requests)"},
      total("leaks.bytes", Unit::kBytes, kSize),
      total("leaks.blocks", Unit::kCount, kCount),
      total("leaks.sites", Unit::kCount, kCount),
      total("leaks.new", Unit::kCount, kCount),
      total("races", Unit::kCount, kCount),
      total("races.new", Unit::kCount, kCount),
      total("memory_errors", Unit::kCount, kCount),
      total("memory_errors.new", Unit::kCount, kCount),
      Metric{.name = "max", .unit = Unit::kNanoseconds, .values = kDuration},
      Metric{.name = "mean", .unit = Unit::kNanoseconds, .values = kDuration},
      Metric{.name = "errors", .unit = Unit::kShare, .values = "a share such as 1%"},
      Metric{.name = "rate", .unit = Unit::kPerSecond, .values = "a rate such as 100 or 100/s"},
      Metric{.name = "connected", .unit = Unit::kShare, .values = "a share such as 95%"},
      total("recover", Unit::kNanoseconds, "a duration such as 30s"),
      Metric{.name = "efficiency",
             .unit = Unit::kShare,
             .values = "a share such as 60%",
             .labelled = false,
             .staged = false,
             .argument = Metric::Argument::kCount,
             .example = "of how many clients: efficiency(8)"},
      total("knee", Unit::kCount, "a count of clients"),
  };
}();

// What `"json_parse*" < 8MiB` is about.
constexpr Metric kSiteMetric = {
    .name = "site", .unit = Unit::kBytes, .values = "a size such as 8MiB"};

}  // namespace tidemark::budget
