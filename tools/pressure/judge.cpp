#include "tools/pressure/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>

namespace tidemark::pressure {
namespace {

using load::LabelResult;
using load::Limit;
using load::LimitResult;
using State = load::LimitResult::State;

constexpr double kNsPerMs = 1e6;

// "p99.9" is 99.9, "max" is 100; nothing for what is no latency.
std::optional<double> percentile_of(const std::string& metric) {
  if (metric == "max") return 100;
  if (!metric.starts_with('p')) return std::nullopt;
  double percent = 0;
  const char* const end = metric.data() + metric.size();
  const auto [stop, problem] = std::from_chars(metric.data() + 1, end, percent);
  if (problem != std::errc() || stop != end) return std::nullopt;
  return percent;
}

bool is_latency(const std::string& metric) { return metric == "mean" || percentile_of(metric); }

// What a limit's label stands for: "search" for itself, "feed" for "feed.connect" and
// "feed.delivery" together, "buyer" for all that the persona asks for. Errors and rates of
// clients that have a label of their own count what is below it, too.
std::optional<LabelResult> find_label(const load::RunResult& run, const Limit& limit) {
  std::optional<LabelResult> exact;
  std::optional<LabelResult> family;
  for (const LabelResult& one : run.labels) {
    if (one.stage != limit.stage) continue;
    if (one.label == limit.label) exact = one;
    if (one.label != limit.label && !one.label.starts_with(limit.label + ".")) continue;
    if (!family) family = LabelResult{.label = limit.label, .stage = limit.stage};
    family->response.add(one.response);
    family->done += one.done;
    for (std::size_t kind = 0; kind < one.failures.size(); ++kind) {
      family->failures[kind] += one.failures[kind];
    }
  }
  if (limit.label.empty() || (exact && is_latency(limit.metric))) return exact;
  return family;
}

std::int64_t failed(const LabelResult& label) {
  return std::accumulate(label.failures.begin(), label.failures.end(), std::int64_t{0});
}

LimitResult not_measured(const Limit& limit, std::string why) {
  return {.limit = limit, .state = State::kNotMeasured, .measured = {}, .why = std::move(why)};
}

LimitResult not_applicable(const Limit& limit, std::string why) {
  return {.limit = limit, .state = State::kNotApplicable, .measured = {}, .why = std::move(why)};
}

LimitResult held_against(const Limit& limit, double measured) {
  return {.limit = limit,
          .state = limit.holds(measured) ? State::kPassed : State::kCrossed,
          .measured = measured,
          .why = {}};
}

double seconds_of(const load::RunResult& run, const std::string& stage) {
  double ms = stage.empty() ? static_cast<double>(run.end_ms - run.start_ms) : 0;
  for (const load::StageResult& one : run.stages) {
    if (!stage.empty() && one.name == stage) ms += static_cast<double>(one.end_ms - one.start_ms);
  }
  return ms / 1e3;
}

LimitResult judge_label(const Limit& limit, const load::RunResult& run) {
  const std::optional<LabelResult> label = find_label(run, limit);
  const std::string where = limit.stage.empty() ? "" : fmt::format(" in stage {}", limit.stage);
  if (!label) return not_measured(limit, "nothing was counted under that name" + where);
  const std::int64_t all = label->done + failed(*label);
  if (is_latency(limit.metric)) {
    if (label->response.count() == 0) return not_measured(limit, "no answer came" + where);
    return held_against(limit, latency(label->response, limit.metric));
  }
  if (limit.metric == "errors") {
    if (all == 0) return not_measured(limit, "nothing was due" + where);
    return held_against(limit, static_cast<double>(failed(*label)) / static_cast<double>(all));
  }
  const double seconds = seconds_of(run, limit.stage);
  if (seconds <= 0) return not_measured(limit, "it took no time" + where);
  return held_against(limit, static_cast<double>(label->done) / seconds);  // "rate"
}

// The slowest recovery; a fault from which the target did not come back in time is no
// measure but a limit crossed.
LimitResult judge_recovery(const Limit& limit, const load::RunResult& run) {
  std::optional<double> slowest;
  for (const load::FaultResult& fault : run.faults) {
    if (!fault.trouble.empty()) return not_measured(limit, fault.what + ": " + fault.trouble);
    if (!fault.recovered_ms) {
      const std::int64_t waited = run.end_ms - fault.over_ms;
      if (static_cast<double>(waited) * kNsPerMs < limit.value) {
        return not_measured(
            limit, fmt::format("the run ended {} ms after \"{}\" was over", waited, fault.what));
      }
      return {
          .limit = limit,
          .state = State::kCrossed,
          .measured = {},
          .why = fmt::format("after \"{}\" the target had not come back by the end", fault.what)};
    }
    slowest = std::max(slowest.value_or(0), static_cast<double>(*fault.recovered_ms) * kNsPerMs);
  }
  if (!slowest) return not_measured(limit, "there was no fault");
  return held_against(limit, *slowest);
}

// Growth is an estimate: the whole interval must be on one side.
LimitResult judge_memory(const Limit& limit, const Measures& measures) {
  const auto found = std::ranges::find(measures.memory, limit.stage, &StageMemory::stage);
  if (found == measures.memory.end()) {
    return not_measured(limit, "the target's memory was not watched: give pid or launch");
  }
  if (limit.metric == "rss.max") return held_against(limit, static_cast<double>(found->most_bytes));
  if (!found->bytes_per_day) return not_measured(limit, "too short to tell growth from noise");
  const verdict::Estimate& growth = *found->bytes_per_day;
  const std::string interval =
      fmt::format("{:.1f} MiB/24h, 95 % interval {:.1f} to {:.1f}", growth.value / (1 << 20),
                  growth.low / (1 << 20), growth.high / (1 << 20));
  LimitResult result = held_against(limit, growth.value);
  result.why = interval;
  if (limit.holds(growth.low) != limit.holds(growth.high)) {
    result.state = State::kNotMeasured;
    result.why += ": longer would tell";
  }
  return result;
}

LimitResult judge_regression(const Limit& limit, const load::RunResult& run,
                             const Measures& measures) {
  const auto found = std::ranges::find(measures.formers, limit.argument, &Measures::Former::file);
  if (found == measures.formers.end() || !found->result) {
    return not_measured(limit, found == measures.formers.end() ? "no former run" : found->why);
  }
  const Limit all{};
  const std::optional<LabelResult> now = find_label(run, all);
  const std::optional<LabelResult> before = find_label(*found->result, all);
  if (!now || !before || now->response.count() == 0 || before->response.count() == 0) {
    return not_measured(limit, "one of the two runs has no answers");
  }
  constexpr std::array kPercentiles = {50.0, 95.0, 99.0};
  double worst = -1;
  for (const double percent : kPercentiles) {
    const auto former = static_cast<double>(before->response.at_percentile(percent));
    const auto later = static_cast<double>(now->response.at_percentile(percent));
    if (former > 0) worst = std::max(worst, later / former - 1);
  }
  return held_against(limit, worst);
}

LimitResult judge_other(const Limit& limit, const Measures& measures) {
  const std::string name =
      limit.label.empty() ? limit.metric : fmt::format("{}.{}", limit.label, limit.metric);
  const auto found = std::ranges::find(measures.others, name, &Measure::name);
  if (found == measures.others.end()) return not_measured(limit, "nothing measures it");
  return held_against(limit, found->value);
}

LimitResult judge_one(const Limit& limit, const load::RunResult& run, const Measures& measures) {
  if (!run.under.empty() && (is_latency(limit.metric) || limit.metric == "rate" ||
                             limit.metric == "recover" || limit.metric == "regress")) {
    return not_applicable(limit,
                          fmt::format("the target ran under {}, which slows it down", run.under));
  }
  if (limit.metric.starts_with("leak.")) {
    return not_applicable(limit, "the profiler that looked judges it, not pressure");
  }
  if (limit.metric == "recover") return judge_recovery(limit, run);
  if (limit.metric == "regress") return judge_regression(limit, run, measures);
  if (limit.metric.starts_with("rss.")) return judge_memory(limit, measures);
  if (is_latency(limit.metric) || limit.metric == "errors" || limit.metric == "rate") {
    return judge_label(limit, run);
  }
  return judge_other(limit, measures);
}

}  // namespace

double latency(const load::Histogram& histogram, const std::string& metric) {
  if (metric == "mean") return histogram.mean();
  return static_cast<double>(histogram.at_percentile(*percentile_of(metric)));
}

std::vector<load::LimitResult> judge(const std::vector<load::Limit>& limits,
                                     const load::RunResult& run, const Measures& measures) {
  std::vector<LimitResult> results;
  results.reserve(limits.size());
  for (const Limit& limit : limits) results.push_back(judge_one(limit, run, measures));
  return results;
}

}  // namespace tidemark::pressure
