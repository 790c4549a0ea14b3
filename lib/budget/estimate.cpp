#include "lib/budget/estimate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>

#include "lib/base/distributions.h"

// The statistics are described at the top of decision.cpp.

namespace tidemark::budget {
namespace {

constexpr double kLargest = 1e100;  // squares of it are numbers still
constexpr double kPriorFreedom = 3;
constexpr double kLeastKnown = 2;    // degrees of freedom, below which it is no better than a guess
constexpr double kNormalFrom = 1e5;  // degrees of freedom
constexpr double kMostTrials = 1e8;  // beyond them chance is not what is uncertain
constexpr double kContradiction = 0.05;  // how unlikely runs must be to be at odds with others

bool is_share_of_trials(const Measure& measure) {
  return measure.unit == Unit::kShare && measure.trials > 0;
}

// What runs are taken to differ by when nothing is known: the standard deviation.
struct Prior {
  double deviation;
  std::string words;
};
Prior prior_of(const Measure& like, double value) {
  const auto relative = [&](double share) {
    return Prior{.deviation = share * std::abs(value),
                 .words = fmt::format("taking runs to differ by {:g} %", 100 * share)};
  };
  switch (like.unit) {
    case Unit::kBytes:
      return relative(0.02);
    case Unit::kBytesPerDay:
    case Unit::kBytesPerMillion:
      return relative(0.25);
    case Unit::kNanoseconds:
      return relative(0.15);
    case Unit::kPerSecond:
    case Unit::kCount:
      return relative(0.05);
    case Unit::kShare:
      break;
  }
  if (is_share_of_trials(like)) return relative(0.25);
  const double inner = std::clamp(value, 0.005, 0.995);
  const double deviation = 0.1 * std::sqrt(inner * (1 - inner));
  return {.deviation = deviation,
          .words = fmt::format("taking runs to differ by {:.2g} points", 100 * deviation)};
}

// A variance and its degrees of freedom.
struct Variance {
  double value = 0;
  double freedom = INFINITY;
  double borrowed = 0;

  // Half of the interval that it makes, to compare two.
  double reach(double tail) const {
    return value <= 0 ? 0 : student_quantile(tail, freedom) * std::sqrt(value);
  }
};

double bounded(double freedom) { return freedom > kNormalFrom ? INFINITY : freedom; }

// Both together, of numbers that have nothing to do with each other (Satterthwaite).
Variance sum(const Variance& a, const Variance& b) {
  const double all = a.value + b.value;
  const double parts = a.value * a.value / a.freedom + b.value * b.value / b.freedom;
  return {.value = all, .freedom = parts > 0 ? bounded(all * all / parts) : INFINITY};
}

// Two estimates of the same variance.
Variance mean(const Variance& a, const Variance& b) {
  if (std::isinf(a.freedom)) return a;
  if (std::isinf(b.freedom)) return b;
  const double freedom = a.freedom + b.freedom;
  return {.value = (a.freedom * a.value + b.freedom * b.value) / freedom,
          .freedom = bounded(freedom)};
}

enum class Side { kBelow, kAbove };

// The variance that one run shows by itself.
Variance within(const Measure& run, Side side) {
  const double freedom = run.freedom > 0 ? bounded(run.freedom) : INFINITY;
  double error = std::max(run.error, 0.0);
  if (is_share_of_trials(run)) {
    // Failures in bunches make the run say a larger error than that of independent ones.
    const double p = std::clamp(run.value, 0.0, 1.0);
    const double alone = p * (1 - p) / run.trials;
    if (error * error <= alone || alone <= 0) return {.value = alone};
    return {.value = error * error, .freedom = freedom};
  }
  if (run.low < run.high && run.low <= run.value && run.value <= run.high) {
    const double distance = side == Side::kBelow ? run.value - run.low : run.high - run.value;
    error = distance / student_quantile(0.025, freedom);
  }
  return {.value = error * error, .freedom = freedom};
}

// Repetitions, with the weight that each has in the mean.
struct Runs {
  const std::vector<Measure>& measures;
  std::vector<double> weights;  // sum to 1
  double value = 0;
  double trials = 0;    // of shares, all together
  double tail = 0.025;  // half of what the confidence leaves
  Variance between;     // of one run, by what they differ by; freedom 0: there is one

  double count() const { return static_cast<double>(measures.size()); }

  Variance within_one(Side side) const {
    Variance all{.value = 0, .freedom = 0};
    for (const Measure& run : measures) {
      const Variance one = within(run, side);
      all.value += one.value / count();
      all.freedom += one.freedom;
    }
    return all;
  }

  // Of the mean, when that of one run is 1.
  double share_of_one() const {
    double squares = 0;
    for (const double weight : weights) squares += weight * weight;
    return squares;
  }
};

Runs runs_of(const std::vector<Measure>& measures, double tail) {
  Runs runs{.measures = measures, .tail = tail};
  const bool shares = std::ranges::all_of(measures, is_share_of_trials);
  double all = 0;
  for (const Measure& run : measures) all += shares ? run.trials : 1;
  if (shares) runs.trials = all;
  for (const Measure& run : measures) {
    runs.weights.push_back((shares ? run.trials : 1) / all);
    runs.value += runs.weights.back() * run.value;
  }
  // Their mean, which rounding would miss.
  const double first = measures.front().value;
  const auto is_first = [first](const Measure& run) { return run.value == first; };
  if (std::ranges::all_of(measures, is_first)) runs.value = first;
  double squares = 0;
  for (std::size_t i = 0; i < measures.size(); ++i) {
    const double distance = measures[i].value - runs.value;
    squares += runs.weights[i] * distance * distance;
  }
  const double n = runs.count();
  runs.between = {.value = n > 1 ? squares * n / (n - 1) : 0, .freedom = n - 1};
  return runs;
}

// The variance of one run, from the runs, from what is known of others, or assumed.
struct Judged {
  Variance variance;
  std::string assumption;
};

Variance larger(const Variance& a, const Variance& b, double tail) {
  return a.reach(tail) >= b.reach(tail) ? a : b;
}

Judged with_known(const Runs& runs, const Known& known) {
  const double deviation = known.relative * std::abs(runs.value);
  const Variance others{.value = deviation * deviation, .freedom = bounded(known.freedom)};
  if (runs.between.freedom < 1) return {.variance = others, .assumption = known.words};
  const bool differ =
      runs.between.value > others.value &&
      (others.value == 0 || fisher_above(runs.between.value / others.value, runs.between.freedom,
                                         std::min(others.freedom, kNormalFrom)) < kContradiction);
  if (differ) return {.variance = runs.between};
  return {.variance = mean(others, runs.between), .assumption = known.words};
}

Judged with_prior(const Runs& runs, const Variance& inner) {
  const Prior prior = prior_of(runs.measures.front(), runs.value);
  const Variance assumed =
      sum({.value = prior.deviation * prior.deviation, .freedom = kPriorFreedom}, inner);
  if (runs.between.freedom < 1) return {.variance = assumed, .assumption = prior.words};
  if (runs.between.value > assumed.value) return {.variance = runs.between};
  return {.variance = mean(assumed, runs.between), .assumption = prior.words};
}

Judged judged(const Runs& runs, const std::optional<Known>& known, Side side) {
  const Variance inner = runs.within_one(side);
  Judged result;
  if (known && known->freedom >= kLeastKnown) {
    result = with_known(runs, *known);
  } else if (runs.between.freedom < 2) {
    result = with_prior(runs, inner);
  } else {
    result.variance = runs.between;
  }
  const double own = result.assumption.empty() ? result.variance.freedom : runs.between.freedom;
  result.variance.borrowed =
      std::isinf(result.variance.freedom) ? 0 : result.variance.freedom - own;
  result.variance = larger(result.variance, inner, runs.tail);
  return result;
}

// Korn and Graubard's interval (1998): that of Clopper and Pearson for as many independent
// trials as would be as uncertain as ours are, whose mean has `variance`.
double share_bound(const Runs& runs, const Variance& variance, Side side) {
  const double p = std::clamp(runs.value, 0.0, 1.0);
  double n = std::min(runs.trials, kMostTrials);
  if (p > 0 && p < 1 && variance.value > 0) {
    const double ratio =
        student_quantile(runs.tail, INFINITY) / student_quantile(runs.tail, variance.freedom);
    n = std::min(n, p * (1 - p) / variance.value * ratio * ratio);
  }
  const double x = p * n;
  if (side == Side::kBelow) return x > 0 ? beta_quantile(x, n - x + 1, runs.tail) : 0;
  return x < n ? beta_quantile(x + 1, n - x, 1 - runs.tail) : 1;
}

Uncertainty uncertainty(const Runs& runs, const Variance& one_run, Side side) {
  Variance all = one_run;
  all.value *= runs.share_of_one();
  Uncertainty result{.standard = std::sqrt(all.value),
                     .freedom = all.freedom,
                     .borrowed = all.borrowed,
                     .one_run = one_run.value};
  if (runs.trials <= 0) return result;
  const double bound = share_bound(runs, all, side);
  result.standard = std::abs(bound - runs.value) / student_quantile(runs.tail, INFINITY);
  result.freedom = INFINITY;
  result.borrowed = 0;
  if (result.one_run <= 0) result.one_run = result.standard * result.standard * runs.count();
  return result;
}

}  // namespace

std::vector<Measure> usable(const std::vector<Measure>& runs) {
  std::vector<Measure> all;
  std::ranges::copy_if(runs, std::back_inserter(all), [](const Measure& run) {
    return run.not_applicable.empty() && std::abs(run.value) <= kLargest;
  });
  for (Measure& run : all) {
    if (!(run.error >= 0 && run.error <= kLargest)) run.error = -1;
    if (!(run.trials > 0 && run.trials <= kLargest)) run.trials = 0;
    if (!(std::abs(run.low) <= kLargest && std::abs(run.high) <= kLargest)) run.low = run.high = 0;
  }
  return all;
}

double assumed_spread(const Measure& like) { return prior_of(like, like.value).deviation; }

std::optional<Known> spread_of(const std::vector<Measure>& measures) {
  if (measures.size() < 3) return std::nullopt;
  const Runs runs = runs_of(measures, 0.025);
  if (runs.value == 0) return std::nullopt;
  return Known{.relative = std::sqrt(runs.between.value) / std::abs(runs.value),
               .freedom = runs.between.freedom};
}

std::optional<Known> pooled(const std::optional<Known>& a, const std::optional<Known>& b) {
  if (!a || !b) return a ? a : b;
  const double freedom = a->freedom + b->freedom;
  const double variance =
      (a->freedom * a->relative * a->relative + b->freedom * b->relative * b->relative) / freedom;
  return Known{.relative = std::sqrt(variance),
               .freedom = freedom,
               .words = fmt::format("{} and {}", a->words, b->words)};
}

Estimate estimate(const std::vector<Measure>& measures, const std::optional<Known>& known,
                  double tail) {
  assert(!measures.empty());
  const Runs runs = runs_of(measures, tail);
  Estimate result{.value = runs.value, .runs = static_cast<int>(measures.size())};
  if (std::ranges::all_of(measures, &Measure::exact) && runs.between.value == 0) {
    result.exact = true;
    result.below = result.above = {.freedom = INFINITY};
    return result;
  }
  result.trials = runs.trials;
  const Judged below = judged(runs, known, Side::kBelow);
  const Judged above = judged(runs, known, Side::kAbove);
  result.below = uncertainty(runs, below.variance, Side::kBelow);
  result.above = uncertainty(runs, above.variance, Side::kAbove);
  result.assumption = below.assumption;
  return result;
}

}  // namespace tidemark::budget
