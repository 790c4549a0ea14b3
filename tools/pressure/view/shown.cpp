#include "tools/pressure/view/shown.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

#include "lib/report/amounts.h"

namespace tidemark::pressure {
namespace {

void count(Shown::Label& label, const Counts& counts, double seconds) {
  label.rate = seconds > 0 ? static_cast<double>(counts.done) / seconds : 0;
  label.last = counts.response;
  label.stage.add(counts.response);
  label.done += counts.done;
  label.failed += counts.failed();
}

void push(std::deque<std::optional<double>>& values, std::optional<double> value) {
  values.push_back(value);
  if (values.size() > Shown::kHistory) values.pop_front();
}

}  // namespace

Shown::Shown(std::string scenario_name, std::string target_text, std::int64_t limit_ns)
    : scenario(std::move(scenario_name)),
      target(std::move(target_text)),
      send_lag_limit_ns(limit_ns) {}

void Shown::begin_stage(StageAhead next) {
  if (start_ms == 0) start_ms = next.start_ms;
  stage = std::move(next);
  now_ms = std::max(now_ms, stage.start_ms);
  all = {};
  for (Label& label : labels) label = {.name = label.name};
}

void Shown::take(const Moment& moment) {
  const Second& second = moment.second;
  for (std::size_t i = labels.size(); by_label && i < second.labels.size(); ++i)
    labels.push_back({.name = moment.labels[i]});
  for (std::size_t i = 0; i < labels.size(); ++i)
    count(labels[i], second.labels[i], second.seconds);
  count(all, moment.all, second.seconds);
  now_ms = second.at_ms;
  rate_due = second.rate_due;
  under_way = second.under_way;
  send_lag_ns = second.send_lag == nullptr ? 0 : second.send_lag->at_percentile(99);
  for (std::size_t kind = 0; kind < load::kFailures; ++kind)
    failures.at(kind) += moment.all.failures.at(kind);
  failed += moment.all.failed();
  finished += moment.all.done + moment.all.failed();
  if (moment.memory) memory = moment.memory;
  if (!memory_first) memory_first = moment.memory;
  push(rates, all.rate);
  push(p95s, all.last.count() == 0
                 ? std::nullopt
                 : std::optional(static_cast<double>(all.last.at_percentile(95))));
  push(memories, moment.memory ? std::optional(static_cast<double>(*moment.memory)) : std::nullopt);
}

std::string failures_text(const load::FailureCounts& failures) {
  std::vector<std::size_t> kinds(failures.size());
  std::iota(kinds.begin(), kinds.end(), std::size_t{0});
  std::ranges::stable_sort(kinds, std::greater{},
                           [&](std::size_t kind) { return failures.at(kind); });
  std::string out;
  for (const std::size_t kind : kinds) {
    if (failures.at(kind) == 0) break;
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", grouped(failures.at(kind)),
                       name_of(static_cast<load::Failure>(kind)));
  }
  return out;
}

std::string share_text(std::int64_t part, std::int64_t all) {
  if (part == 0 || all == 0) return "0 %";
  const double percent = 100 * static_cast<double>(part) / static_cast<double>(all);
  return percent < 0.01 ? "< 0.01 %" : fmt::format("{:.2f} %", percent);
}

}  // namespace tidemark::pressure
