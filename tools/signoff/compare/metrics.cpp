#include "tools/signoff/compare/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "lib/analyze/discovery_rate.h"
#include "lib/budget/estimate.h"

namespace tidemark::signoff {
namespace {

constexpr double kFalse = 0.05;

// A share has no useful relative size near 0: this many of all, more or less, are the same.
constexpr double kSameShare = 0.001;

using Key = std::tuple<std::string, std::string, budget::Unit>;
using Measures = std::map<Key, std::vector<const budget::Measure*>>;

Measures measures_of(const Side& side) {
  Measures all;
  for (const RunFacts* facts : side)
    for (const budget::Measure& measure : facts->measures)
      all[{measure.metric, measure.stage, measure.unit}].push_back(&measure);
  return all;
}

// The name without the label of requests: "p95" of "search.p95".
std::string_view bare(std::string_view metric) {
  const std::size_t end = metric.find('(');
  const std::string_view head = metric.substr(0, end);
  // A percentile may have a point of its own: "search.p99.9".
  std::size_t dot = head.rfind('.');
  if (dot != std::string_view::npos && dot > 0) {
    const std::size_t former = head.rfind('.', dot - 1);
    const std::size_t start = former == std::string_view::npos ? 0 : former + 1;
    const std::string_view last_two = head.substr(start);
    if (last_two.size() > 1 && last_two[0] == 'p' && last_two[1] >= '0' && last_two[1] <= '9')
      return last_two;
    return head.substr(dot + 1);
  }
  return head;
}

bool is_of_load(const MetricChange& change) {
  constexpr std::array<std::string_view, 7> kNames = {
      "errors", "rate", "connected", "recover", "knee", "efficiency", "mean"};
  return change.unit == budget::Unit::kNanoseconds || change.unit == budget::Unit::kPerSecond ||
         std::ranges::find(kNames, bare(change.metric)) != kNames.end();
}

bool is_of_time(const MetricChange& change) {
  const std::string_view name = bare(change.metric);
  return is_of_load(change) && name != "errors" && name != "connected";
}

bool spoils(const Concern& concern, const MetricChange& change) {
  switch (concern.spoils) {
    case Spoils::kNothing:
      return false;
    case Spoils::kTimes:
      return is_of_time(change);
    case Spoils::kLoad:
      return is_of_load(change);
    case Spoils::kAll:
    case Spoils::kFindings:
      return true;
  }
  return true;
}

std::vector<Reading> readings_of(const std::vector<const budget::Measure*>& measures) {
  std::vector<Reading> readings;
  readings.reserve(measures.size());
  for (const budget::Measure* m : measures) {
    readings.push_back({.value = m->value, .error = m->error, .freedom = m->freedom});
    if (m->value != 0) {
      readings.back().run_to_run = budget::assumed_spread(*m) / std::abs(m->value);
    }
  }
  return readings;
}

std::vector<Happenings> happenings_of(const std::vector<const budget::Measure*>& measures) {
  std::vector<Happenings> all;
  all.reserve(measures.size());
  for (const budget::Measure* m : measures) all.push_back({.share = m->value, .trials = m->trials});
  return all;
}

std::vector<double> values_of(const std::vector<const budget::Measure*>& measures) {
  std::vector<double> values;
  values.reserve(measures.size());
  for (const budget::Measure* m : measures) values.push_back(m->value);
  return values;
}

Contrast contrast_of(const std::vector<const budget::Measure*>& before,
                     const std::vector<const budget::Measure*>& after) {
  const auto all = [&](auto&& holds) {
    return std::ranges::all_of(before, holds) && std::ranges::all_of(after, holds);
  };
  if (all([](const budget::Measure* m) { return m->exact; }))
    return exact_contrast(readings_of(before), readings_of(after));
  if (all([](const budget::Measure* m) { return m->trials > 0; }))
    return share_contrast(happenings_of(before), happenings_of(after));
  return contrast(readings_of(before), readings_of(after));
}

// Why a rule must not be held against it, on either side; empty: it may.
std::string not_applicable(const std::vector<const budget::Measure*>& measures) {
  for (const budget::Measure* m : measures)
    if (!m->not_applicable.empty()) return m->not_applicable;
  return "";
}

void judge_one(MetricChange& change, double same) {
  if (change.change == Change::kNotJudged) return;
  const bool share = change.unit == budget::Unit::kShare;
  const double reach = std::max(std::abs(change.contrast.low), std::abs(change.contrast.high));
  change.change = share && change.contrast.basis != Basis::kNone && reach <= kSameShare
                      ? Change::kSame
                      : change_of(change.contrast, change.adjusted, change.more_is_better, same);
}

// A label that is all there is and a stage that is the whole run say the same once more: only
// the shortest name of such a number is kept, so that it counts once.
void drop_echoes(std::vector<MetricChange>& changes) {
  using Numbers = std::tuple<std::string, budget::Unit, std::vector<double>, std::vector<double>>;
  std::ranges::stable_sort(changes, {}, [](const MetricChange& change) {
    return std::tuple(change.stage.empty() ? 0 : 1, change.name().size());
  });
  std::set<Numbers> seen;
  std::erase_if(changes, [&](const MetricChange& change) {
    return !seen.emplace(std::string(bare(change.metric)), change.unit, change.before_runs,
                         change.after_runs)
                .second;
  });
}

// Worse first; then the largest effect on the number, then the name.
void sort_metrics(std::vector<MetricChange>& metrics) {
  std::ranges::stable_sort(metrics, {}, [](const MetricChange& change) {
    const bool clear = change.change == Change::kWorse || change.change == Change::kBetter;
    const double size = clear ? -std::abs(change.contrast.relative.value_or(1e9)) : 0;
    return std::tuple(change.change, size, change.metric, change.stage);
  });
}

}  // namespace

bool more_is_better(std::string_view metric) {
  constexpr std::array<std::string_view, 4> kGood = {"rate", "connected", "efficiency", "knee"};
  return std::ranges::find(kGood, bare(metric)) != kGood.end();
}

std::vector<MetricChange> metric_changes(const Side& before, const Side& after,
                                         const std::vector<Concern>& concerns) {
  const Measures old = measures_of(before);
  const Measures now = measures_of(after);
  std::vector<MetricChange> changes;
  for (const auto& [key, measures] : now) {
    const auto found = old.find(key);
    if (found == old.end()) continue;
    MetricChange change{.metric = std::get<0>(key),
                        .stage = std::get<1>(key),
                        .unit = std::get<2>(key),
                        .more_is_better = more_is_better(std::get<0>(key)),
                        .contrast = contrast_of(found->second, measures),
                        .before_runs = values_of(found->second),
                        .after_runs = values_of(measures)};
    change.why = basis_text(change.contrast);
    std::string reason = not_applicable(found->second);
    if (reason.empty()) reason = not_applicable(measures);
    for (const Concern& concern : concerns)
      if (reason.empty() && spoils(concern, change)) reason = concern.text;
    if (!reason.empty()) {
      change.change = Change::kNotJudged;
      change.why = reason;
    }
    changes.push_back(std::move(change));
  }
  drop_echoes(changes);
  return changes;
}

Change change_of(const Contrast& contrast, double adjusted, bool more_is_better, double same) {
  if (contrast.basis == Basis::kNone) return Change::kUnsure;
  const bool exact = contrast.basis == Basis::kExact;
  if (exact && contrast.difference == 0) return Change::kSame;
  if (!exact && contrast.relative_low && *contrast.relative_low >= -same &&
      *contrast.relative_high <= same && *contrast.relative_low <= *contrast.relative_high)
    return Change::kSame;
  if (!exact && contrast.difference == 0 && contrast.low == 0 && contrast.high == 0)
    return Change::kSame;
  if (adjusted > kFalse || contrast.difference == 0) return Change::kUnsure;
  return (contrast.difference > 0) == more_is_better ? Change::kBetter : Change::kWorse;
}

void judge_metrics(std::vector<PairChange>& pairs, double same) {
  std::vector<MetricChange*> judged;
  for (PairChange& pair : pairs)
    for (MetricChange& change : pair.metrics) {
      // What is exact needs no correction, and must not make the others wait for it.
      const bool by_chance = change.contrast.basis != Basis::kExact;
      change.adjusted = change.contrast.p_value;
      if (by_chance && change.change != Change::kNotJudged) judged.push_back(&change);
    }
  std::vector<double> p_values;
  p_values.reserve(judged.size());
  for (const MetricChange* change : judged) p_values.push_back(change->contrast.p_value);
  const std::vector<double> adjusted = adjusted_for_many(p_values);
  for (std::size_t i = 0; i < judged.size(); ++i) judged[i]->adjusted = adjusted[i];
  for (PairChange& pair : pairs) {
    for (MetricChange& change : pair.metrics) judge_one(change, same);
    sort_metrics(pair.metrics);
  }
}

}  // namespace tidemark::signoff
