// How sure a difference of two means is.
//
// Each side has runs of values v_i, some with an error e_i of their own. With two or more runs,
// the variance of the mean is the larger of s^2 / n (what they differ by, n - 1 degrees of
// freedom) and mean(e^2) / n (what they show by themselves): the former contains the latter, but
// few runs may be alike by chance, and taking the larger makes false alarms rarer, never more
// frequent. A single run beside repetitions is taken to vary as they do: the degrees of
// freedom are theirs. Then t = difference / error, with the degrees of freedom of Welch and
// Satterthwaite:
//
//   before 100, 101, 99   s^2 = 1, error^2 = 1/3, 2 degrees of freedom
//   after  103, 104, 102  the same: t = 3 / sqrt(2/3) = 3.67 with 4 degrees, p = 0.021
//
// Hedges' g is the difference in pooled standard deviations between runs, less the bias of small
// samples: g = d (1 - 3 / (4 (n + m) - 9)). (Hedges, Journal of Educational Statistics 6, 1981)
#include "tools/signoff/compare/contrast.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "lib/base/distributions.h"

namespace tidemark::signoff {
namespace {

// How well a number is known that all runs of both sides agree on: to one byte, one thread.
constexpr double kResolution = 1;

// Degrees of freedom from which on Student's distribution is the normal one.
constexpr double kNearlyNormal = 1e6;

// Of Student's distribution, where 0 means normal.
double freedom_of(double freedom) {
  return freedom > 0 ? freedom : std::numeric_limits<double>::infinity();
}

double both_tails(double t, double freedom) {
  return std::min(1.0, 2 * student_above(std::abs(t), freedom_of(freedom)));
}

double mean_of(std::span<const Reading> runs) {
  double sum = 0;
  for (const Reading& run : runs) sum += run.value;
  return sum / static_cast<double>(runs.size());
}

// Sample variance between runs. REQUIRES: two at least.
double variance_of(std::span<const Reading> runs) {
  const double mean = mean_of(runs);
  double sum = 0;
  for (const Reading& run : runs) sum += (run.value - mean) * (run.value - mean);
  return sum / static_cast<double>(runs.size() - 1);
}

// The variance of a side's mean and how well that is known.
struct Variance {
  double value = 0;
  double freedom = 0;
};

// What the runs show by themselves.
Variance within(std::span<const Reading> runs) {
  Variance all;
  double least_freedom = 0;
  for (const Reading& run : runs) {
    if (run.error < 0) continue;
    all.value += run.error * run.error;
    if (run.freedom > 0)
      least_freedom = least_freedom > 0 ? std::min(least_freedom, run.freedom) : run.freedom;
  }
  const auto n = static_cast<double>(runs.size());
  return {.value = all.value / (n * n), .freedom = least_freedom * n};
}

Variance larger(Variance a, Variance b) { return a.value >= b.value ? a : b; }

bool tells(std::span<const Reading> runs) {
  return std::ranges::any_of(runs, [](const Reading& run) { return run.error >= 0; });
}

// The variance of one side, `other` being there for what a single run does not show.
Variance side_variance(std::span<const Reading> runs, std::span<const Reading> other) {
  const auto n = static_cast<double>(runs.size());
  if (runs.size() > 1)
    return larger({.value = variance_of(runs) / n, .freedom = n - 1}, within(runs));
  if (other.size() > 1)
    return larger({.value = variance_of(other), .freedom = static_cast<double>(other.size() - 1)},
                  within(runs));
  // What is taken for granted is not uncertain itself: freedom as of a sum (Satterthwaite).
  const Variance own = within(runs);
  const double between = runs.front().run_to_run * runs.front().value;
  const double all = own.value + between * between;
  const double share = own.value > 0 ? all / own.value : 0;
  const double freedom = own.freedom * share * share;
  return {.value = all, .freedom = freedom < kNearlyNormal ? freedom : 0};
}

// Of the sum of two variances (Welch and Satterthwaite); 0: normal.
double joint_freedom(Variance a, Variance b, Basis basis) {
  // Both come from the same few runs.
  if (basis == Basis::kOneSide && a.freedom > 0 && b.freedom > 0)
    return std::min(a.freedom, b.freedom);
  const auto term = [](Variance v) { return v.freedom > 0 ? v.value * v.value / v.freedom : 0.0; };
  const double below = term(a) + term(b);
  const double sum = a.value + b.value;
  return below > 0 ? sum * sum / below : 0;
}

Level level_of(std::span<const Reading> runs, Variance variance) {
  Level level{.runs = static_cast<int>(runs.size()),
              .mean = mean_of(runs),
              .error = std::sqrt(variance.value),
              .freedom = variance.freedom};
  const double reach = level.error > 0 ? t_of_95(level.freedom) * level.error : 0;
  level.low = level.mean - reach;
  level.high = level.mean + reach;
  return level;
}

Basis basis_of(std::span<const Reading> before, std::span<const Reading> after) {
  if (before.size() > 1 && after.size() > 1) return Basis::kBetweenRuns;
  if (before.size() > 1 || after.size() > 1) return Basis::kOneSide;
  return tells(before) && tells(after) ? Basis::kWithinRuns : Basis::kNone;
}

// By the delta method: the variance of a quotient B / A is (b^2 + (B/A)^2 a^2) / A^2.
void set_relative(Contrast& result, double t) {
  const double base = result.before.mean;
  if (base == 0) return;
  if (result.before.error > 0 && std::abs(base) < 3 * result.before.error) return;
  const double quotient = result.after.mean / base;
  const double error =
      std::hypot(result.after.error, quotient * result.before.error) / std::abs(base);
  const double change = (result.after.mean - base) / std::abs(base);
  result.relative = change;
  result.relative_low = change - t * error;
  result.relative_high = change + t * error;
}

std::optional<double> hedges(std::span<const Reading> before, std::span<const Reading> after) {
  double sum = 0;
  double freedom = 0;
  for (const std::span<const Reading> side : {before, after}) {
    if (side.size() < 2) continue;
    const auto degrees = static_cast<double>(side.size() - 1);
    sum += variance_of(side) * degrees;
    freedom += degrees;
  }
  if (freedom == 0 || sum <= 0) return std::nullopt;
  const double d = (mean_of(after) - mean_of(before)) / std::sqrt(sum / freedom);
  return d * (1 - 3 / (4 * freedom - 1));
}

bool all_alike(std::span<const Reading> runs) {
  return std::ranges::all_of(runs,
                             [&](const Reading& run) { return run.value == runs.front().value; });
}

}  // namespace

double t_of_95(double freedom) { return student_quantile(0.025, freedom_of(freedom)); }

Contrast contrast(std::span<const Reading> before, std::span<const Reading> after) {
  Contrast result{.basis = basis_of(before, after), .run_to_run = before.front().run_to_run};
  const Variance a = side_variance(before, after);
  const Variance b = side_variance(after, before);
  const bool known = result.basis != Basis::kNone;
  result.before = level_of(before, known ? a : Variance{});
  result.after = level_of(after, known ? b : Variance{});
  result.difference = result.after.mean - result.before.mean;
  result.effect = hedges(before, after);
  set_relative(result, 0);
  if (!known) return result;
  double error = std::sqrt(a.value + b.value);
  const double freedom = error > 0 ? joint_freedom(a, b, result.basis) : 0;
  if (error == 0 && result.difference != 0)
    error = kResolution * std::sqrt(1.0 / result.before.runs + 1.0 / result.after.runs);
  const double t = error > 0 ? t_of_95(freedom) : 0;
  result.low = result.difference - t * error;
  result.high = result.difference + t * error;
  set_relative(result, t);
  if (result.difference != 0) result.p_value = both_tails(result.difference / error, freedom);
  return result;
}

Contrast exact_contrast(std::span<const Reading> before, std::span<const Reading> after) {
  if (!all_alike(before) || !all_alike(after)) return contrast(before, after);
  Contrast result{.before = level_of(before, {}), .after = level_of(after, {})};
  result.basis = Basis::kExact;
  result.difference = result.after.mean - result.before.mean;
  result.low = result.high = result.difference;
  set_relative(result, 0);
  result.p_value = result.difference == 0 ? 1 : 0;
  return result;
}

Contrast share_contrast(std::span<const Happenings> before, std::span<const Happenings> after) {
  // A share of 0 is not known exactly: the error of a side is that of one happening more, and one
  // trial without more (Agresti and Caffo, The American Statistician 54, 2000).
  const auto readings = [](std::span<const Happenings> runs) {
    double trials = 0;
    double happened = 0;
    for (const Happenings& run : runs) {
      trials += std::max(run.trials, 1.0);
      happened += run.share * std::max(run.trials, 1.0);
    }
    const double share = (happened + 1) / (trials + 2);
    const double error =
        std::sqrt(share * (1 - share) / (trials + 2) * static_cast<double>(runs.size()));
    std::vector<Reading> all;
    for (const Happenings& run : runs) all.push_back({.value = run.share, .error = error});
    return all;
  };
  Contrast result = contrast(readings(before), readings(after));
  for (Level* level : {&result.before, &result.after}) {
    level->low = std::clamp(level->low, 0.0, 1.0);
    level->high = std::clamp(level->high, 0.0, 1.0);
  }
  return result;
}

std::string_view effect_words(double effect) {
  constexpr std::array<std::pair<double, std::string_view>, 4> kWords = {
      {{0.2, "none to speak of"}, {0.5, "small"}, {0.8, "medium"}, {2.0, "large"}}};
  for (const auto& [below, words] : kWords)
    if (std::abs(effect) < below) return words;
  return "very large";
}

std::string basis_text(const Contrast& contrast) {
  const int n = contrast.before.runs;
  const int m = contrast.after.runs;
  switch (contrast.basis) {
    case Basis::kBetweenRuns:
      return fmt::format("{} and {} runs", n, m);
    case Basis::kOneSide:
      return fmt::format("{} and {} runs; the single one is taken to vary as the others do", n, m);
    case Basis::kWithinRuns:
      return fmt::format(
          "1 run each: its own error, and {:.0f} % from run to run taken for granted",
          contrast.run_to_run * 100);
    case Basis::kExact:
      return "a count without chance";
    case Basis::kNone:
      break;
  }
  return "1 run each, and it does not tell how sure it is";
}

}  // namespace tidemark::signoff
