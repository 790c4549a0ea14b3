// How changes are found in the values of successive versions.
//
// 1. A single version far from both its neighbours is one bad night: it is set aside, and its
//    neighbours' median stands for it.
// 2. Several descriptions of the series are tried: a level with steps (the best cut into levels
//    for a penalty on each, found by dynamic programming), and the best ramp beside none to three
//    of the strongest of these steps, with the steps in what that leaves. A ramp is what moves
//    evenly over kShortestCreep versions or more.
// 3. From each, what noise alone explains is taken away again, the weakest first: the noise is
//    what the description leaves, at least what the versions' own standard errors say, and more
//    where successive residuals go together; the chance of a t value is multiplied by the number
//    of places that were looked at (Bonferroni). A creep must also be one by ranks alone
//    (Mann-Kendall), so that a few extreme values make none.
// 4. Of these, the one with the least BIC is taken. Hence a creep is not called many small
//    steps, nor a step a short creep.
//
// With noise of 1 % for each version: 40 versions at 100 and then 40 at 106 are one step, 95 % sure
// to be within a version of its place. 24 versions that each add 0.4 % are a creep.

#include "lib/analyze/change_points.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

#include "lib/analyze/change_model.h"
#include "lib/base/distributions.h"

namespace tidemark {
namespace {

// Calibrated by ChangePoints.NoiseAloneIsQuiet (tests/lib/analyze/change_points_test.cpp).
constexpr double kMostChance = 0.01;
constexpr double kPenalty = 2.5;  // times the logarithm of the number of versions
constexpr std::size_t kShortestCreep = 8;
constexpr double kOutlier = 4.5;  // standard deviations
// Positions of a step whose fit is worse by less than this many variances are possible ones.
constexpr double kPlaceRange = 6.5;

double real(std::size_t number) { return static_cast<double>(number); }

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

// The noise by the median difference of neighbours, which steps hardly change.
double noise_of_neighbours(const std::vector<double>& values) {
  std::vector<double> gaps;
  for (std::size_t i = 1; i < values.size(); ++i) {
    gaps.push_back(std::abs(values[i] - values[i - 1]));
  }
  return median(gaps) * 1.4826 / std::sqrt(2.0);
}

// Up to three values on each side of `place`, itself not included.
std::vector<double> around(const std::vector<double>& values, std::size_t place) {
  std::vector<double> out;
  for (std::size_t i = place - std::min<std::size_t>(place, 3);
       i < std::min(place + 4, values.size()); ++i) {
    if (i != place) out.push_back(values[i]);
  }
  return out;
}

bool is_outlier(const std::vector<double>& values, std::size_t place, double noise) {
  const double value = values[place];
  const double off = value - median(around(values, place));
  const auto stands_out_from = [&](std::size_t other) {
    const double gap = value - values[other];
    return (gap > 0) == (off > 0) && std::abs(gap) > kOutlier * noise;
  };
  return std::abs(off) > kOutlier * noise && (place == 0 || stands_out_from(place - 1)) &&
         (place + 1 == values.size() || stands_out_from(place + 1));
}

// Mann and Kendall's: how many more pairs rise than fall, in standard deviations of what chance
// gives.
double rank_score(const std::vector<double>& values) {
  double pairs = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = i + 1; j < values.size(); ++j) {
      pairs += (values[j] > values[i] ? 1 : 0) - (values[j] < values[i] ? 1 : 0);
    }
  }
  const double size = real(values.size());
  return pairs / std::sqrt(size * (size - 1) * (2 * size + 5) / 18);
}

class Search {
 public:
  explicit Search(std::span<const VersionValue> values) {
    std::vector<double> known;
    for (const VersionValue& one : values) {
      raw_.push_back(one.value);
      if (one.error >= 0) known.push_back(one.error * one.error);
    }
    measured_ = median(known);
    shift_ = median(raw_);
    for (double& value : raw_) value -= shift_;
    set_outliers_aside();
    fitter_.emplace(values_);
  }

  ChangePoints found() const {
    ChangePoints out;
    out.outliers = outliers_;
    const ChangeModel model = best_model();
    const ChangeFit fit = fitter_->fit(model);
    const Noise noise = noise_of(model, fit);
    out.noise = std::sqrt(noise.variance);
    out.freedom = noise.freedom;
    out.fitted = levels_of(model, fit, values_.size());
    for (double& level : out.fitted) level += shift_;
    for (std::size_t i = 0; i < model.steps.size(); ++i) {
      out.steps.push_back(step_of(model, fit, noise, i));
    }
    if (model.ramp) out.creep = creep_of(model, fit, noise);
    return out;
  }

 private:
  struct Noise {
    double variance = 0;
    double freedom = 1;
  };

  void set_outliers_aside() {
    values_ = raw_;
    const double noise = noise_of_neighbours(raw_);
    for (std::size_t i = 0; i < raw_.size(); ++i) {
      if (!is_outlier(raw_, i, noise)) continue;
      outliers_.push_back(i);
      values_[i] = median(around(raw_, i));
    }
  }

  // What a description leaves. Its places were chosen too: each costs a degree of freedom.
  Noise noise_of(const ChangeModel& model, const ChangeFit& fit) const {
    const double used =
        1 + 2 * real(model.steps.size()) + (model.ramp ? 3 : 0) + real(outliers_.size());
    const double freedom = std::max(real(values_.size()) - used, 1.0);
    const double variance = fit.rest / freedom * together(model, fit);
    return {.variance = std::max(variance, measured_), .freedom = freedom};
  }

  // By how much the variance of a mean is larger because successive residuals go together.
  double together(const ChangeModel& model, const ChangeFit& fit) const {
    if (!(fit.rest > 0)) return 1;
    const std::vector<double> rest = without(model);
    double sum = 0;
    for (std::size_t i = 1; i < values_.size(); ++i) {
      sum += rest[i] * rest[i - 1];
    }
    const double beyond = std::clamp(sum / fit.rest, 0.0, 0.6);
    return (1 + beyond) / (1 - beyond);
  }

  // The chance that noise makes a change of that size at one of the places looked at.
  double chance(double change, double error, const Noise& noise) const {
    const double spread = error * std::sqrt(noise.variance);
    if (!(std::abs(change) > 0)) return 1;
    if (!(spread > 0)) return 0;
    const double once = 2 * student_above(std::abs(change) / spread, noise.freedom);
    return std::min(1.0, once * real(values_.size() - 3));
  }

  // Whether the values of the ramp rise or fall by their ranks; steps are taken out.
  bool ramp_by_ranks(const ChangeModel& model, const ChangeFit& fit) const {
    std::vector<double> part;
    for (std::size_t i = model.ramp->first; i <= model.ramp->last; ++i) {
      double value = values_[i];
      for (std::size_t k = 0; k < model.steps.size(); ++k) {
        if (i >= model.steps[k]) value -= fit.changes[k];
      }
      part.push_back(value);
    }
    const double score = rank_score(part);
    constexpr double kOneInHundred = 2.576;
    return std::abs(score) > kOneInHundred && (score > 0) == (fit.changes.back() > 0);
  }

  // Takes away what noise explains, the weakest first.
  ChangeModel pruned(ChangeModel model) const {
    while (model.changes() > 0) {
      const ChangeFit fit = fitter_->fit(model);
      if (!std::isfinite(fit.rest)) return {};
      const auto [weakest, most] = weakest_of(model, fit);
      if (most <= kMostChance) return model;
      if (weakest == model.steps.size()) {
        model.ramp.reset();
      } else {
        model.steps.erase(model.steps.begin() + static_cast<std::ptrdiff_t>(weakest));
      }
      settle(model);
    }
    return model;
  }

  // The change that noise explains best, and the chance that it does.
  std::pair<std::size_t, double> weakest_of(const ChangeModel& model, const ChangeFit& fit) const {
    const Noise noise = noise_of(model, fit);
    std::pair<std::size_t, double> weakest{0, -1};
    for (std::size_t i = 0; i < model.changes(); ++i) {
      double one = chance(fit.changes[i], fit.errors[i], noise);
      if (i == model.steps.size() && !ramp_by_ranks(model, fit)) one = 2;
      if (one > weakest.second) weakest = {i, one};
    }
    return weakest;
  }

  // Where a step may be: two places away from its neighbours and from the ends.
  std::pair<std::size_t, std::size_t> room(const ChangeModel& model, std::size_t index) const {
    const std::size_t before = index == 0 ? 0 : model.steps[index - 1];
    const std::size_t after =
        index + 1 == model.steps.size() ? values_.size() : model.steps[index + 1];
    return {before + 2, after - 2};
  }

  // Moves each step to its best place beside the others.
  void settle(ChangeModel& model) const {
    for (std::size_t i = 0; i < model.steps.size(); ++i) {
      const auto [low, high] = room(model, i);
      ChangeModel moved = model;
      double least = fitter_->fit(model).rest;
      for (std::size_t place = low; place <= high; ++place) {
        moved.steps[i] = place;
        const double rest = fitter_->fit(moved).rest;
        if (rest < least) {
          least = rest;
          model.steps[i] = place;
        }
      }
    }
  }

  std::vector<double> without(const ChangeModel& model) const {
    const ChangeFit fit = fitter_->fit(model);
    const std::vector<double> levels = levels_of(model, fit, values_.size());
    std::vector<double> rest = values_;
    for (std::size_t i = 0; i < rest.size(); ++i) rest[i] -= levels[i];
    return rest;
  }

  std::vector<std::size_t> steps_in(const std::vector<double>& values) const {
    // Where most neighbours are equal, the median difference says nothing.
    double squares = 0;
    for (std::size_t i = 1; i < values.size(); ++i) {
      squares += (values[i] - values[i - 1]) * (values[i] - values[i - 1]);
    }
    const double usual = std::sqrt(squares / real(values.size()));
    const double noise = std::max({noise_of_neighbours(values), 0.1 * usual, std::sqrt(measured_)});
    return best_steps(values, kPenalty * std::log(real(values.size())) * noise * noise);
  }

  ChangeModel best_model() const {
    const ChangeModel steps = pruned({.steps = steps_in(values_), .ramp = {}});
    std::vector<ChangeModel> candidates{{}, steps};
    // A creep looks like many steps: only the strongest ones are kept when one is looked for.
    for (std::size_t kept = 0; kept <= std::min<std::size_t>(steps.steps.size(), 3); ++kept) {
      ChangeModel with_ramp{.steps = strongest(steps, kept), .ramp = {}};
      with_ramp.ramp = best_ramp(*fitter_, with_ramp.steps, kShortestCreep);
      if (!with_ramp.ramp) break;
      for (const std::size_t step : steps_in(without(with_ramp))) add_step(with_ramp, step);
      candidates.push_back(pruned(with_ramp));
    }
    return *std::ranges::min_element(candidates, {},
                                     [&](const ChangeModel& model) { return criterion(model); });
  }

  std::vector<std::size_t> strongest(const ChangeModel& model, std::size_t count) const {
    const ChangeFit fit = fitter_->fit(model);
    std::vector<std::size_t> order(model.steps.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::stable_sort(order, std::greater<>(), [&](std::size_t i) {
      return std::abs(fit.changes[i]) / fit.errors[i];
    });
    std::vector<std::size_t> out;
    for (const std::size_t i : order) {
      if (out.size() < count) out.push_back(model.steps[i]);
    }
    std::ranges::sort(out);
    return out;
  }

  // Unless there is one so near that they could not be told apart.
  static void add_step(ChangeModel& model, std::size_t step) {
    const auto next = std::ranges::lower_bound(model.steps, step);
    if (next != model.steps.end() && *next < step + 2) return;
    if (next != model.steps.begin() && *(next - 1) + 2 > step) return;
    model.steps.insert(next, step);
  }

  // BIC. A place costs as much as a size.
  double criterion(const ChangeModel& model) const {
    const double size = real(values_.size());
    const double rest = fitter_->fit(model).rest / size;
    // Of an exact fit only the number of its parts counts.
    const double scale = std::inner_product(values_.begin(), values_.end(), values_.begin(), 0.0);
    const double parameters = 2 * real(model.steps.size()) + (model.ramp ? 3 : 0);
    return size * std::log(rest + 1e-12 * scale + 1e-300) + parameters * std::log(size);
  }

  Step step_of(const ChangeModel& model, const ChangeFit& fit, const Noise& noise,
               std::size_t index) const {
    const std::size_t first = model.steps[index];
    const double wide = width(fit.errors[index], noise);
    Step out{.first = first, .after = first - 1, .by = first};
    out.change = fit.changes[index];
    out.from = levels_of(model, fit, values_.size())[first] - out.change + shift_;
    out.low = out.change - wide;
    out.high = out.change + wide;
    out.chance = chance(out.change, fit.errors[index], noise);
    ChangeModel moved = model;
    const auto [low, high] = room(model, index);
    for (std::size_t place = low; place <= high; ++place) {
      moved.steps[index] = place;
      if (fitter_->fit(moved).rest > fit.rest + kPlaceRange * noise.variance) continue;
      out.after = std::min(out.after, place - 1);
      out.by = std::max(out.by, place);
    }
    return out;
  }

  Creep creep_of(const ChangeModel& model, const ChangeFit& fit, const Noise& noise) const {
    const Ramp& ramp = *model.ramp;
    const double wide = width(fit.errors.back(), noise);
    Creep out{.first = ramp.first, .last = ramp.last};
    out.from = levels_of(model, fit, values_.size())[ramp.first] + shift_;
    out.change = fit.changes.back();
    out.low = out.change - wide;
    out.high = out.change + wide;
    out.chance = chance(out.change, fit.errors.back(), noise);
    // Where it begins and ends is not known either.
    ChangeModel moved = model;
    for (const Ramp& other : ramps_near(ramp)) {
      moved.ramp = other;
      const ChangeFit one = fitter_->fit(moved);
      if (one.rest > fit.rest + kPlaceRange * noise.variance) continue;
      out.low = std::min(out.low, one.changes.back());
      out.high = std::max(out.high, one.changes.back());
    }
    return out;
  }

  std::vector<Ramp> ramps_near(const Ramp& ramp) const {
    constexpr std::size_t kNear = 6;
    std::vector<Ramp> out;
    for (std::size_t first = ramp.first - std::min(ramp.first, kNear); first <= ramp.first + kNear;
         ++first) {
      for (std::size_t last = ramp.last - std::min(ramp.last, kNear);
           last <= std::min(ramp.last + kNear, values_.size() - 1); ++last) {
        if (last >= first + kShortestCreep) out.push_back({first, last});
      }
    }
    return out;
  }

  // Half of the 95 % interval.
  static double width(double error, const Noise& noise) {
    return student_quantile(0.025, noise.freedom) * error * std::sqrt(noise.variance);
  }

  std::vector<double> raw_;     // around their median
  std::vector<double> values_;  // the same without outliers
  std::optional<ChangeFitter> fitter_;
  std::vector<std::size_t> outliers_;
  double shift_ = 0;
  double measured_ = 0;  // variance of a version that the versions' own errors say
};

}  // namespace

ChangePoints find_changes(std::span<const VersionValue> values) {
  if (values.size() >= kFewestVersions) return Search(values).found();
  ChangePoints out{.too_few = true};
  for (const VersionValue& one : values) out.fitted.push_back(one.value);
  return out;
}

}  // namespace tidemark
