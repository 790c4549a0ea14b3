#include "lib/verdict/fit.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>

namespace tidemark::verdict {
namespace {

constexpr double kDaySwing = 0.25;   // of the memory's size: how far a day may move it
constexpr double kFarBelow = 7;      // in log likelihood: not worth counting
constexpr double kDriftPrior = 0.3;  // log odds against noise that drifts
constexpr std::size_t kMemories = kMemoriesHours.size();

// The plausible size of a term's coefficient in MB; 0: anything.
double prior_mb(const Curve& curve, const Term& term) {
  if (term.cause != Cause::kDay && term.cause != Cause::kDayLate) return 0;
  double size = 0;
  for (const FloorPoint& point : curve.points()) size = std::max(size, point.value);
  return kDaySwing * size * (term.scale_h < 24 ? 0.3 : 1);
}

// Student's t as a normal deviate (Wallace 1959).
double normal_of(double t, double freedom) {
  const double sign = t < 0 ? -1 : 1;
  return sign * (8 * freedom + 1) / (8 * freedom + 3) *
         std::sqrt(freedom * std::log1p(t * t / freedom));
}

double normal_above(double z) { return 0.5 * std::erfc(z / std::sqrt(2.0)); }

// A rough standard deviation of the error, for priors in its units.
double rough_error(const Curve& curve) {
  std::vector<double> steps;
  const std::vector<FloorPoint>& points = curve.points();
  for (std::size_t i = 1; i < points.size(); ++i) {
    steps.push_back(std::abs(points[i].value - points[i - 1].value));
  }
  if (steps.empty()) return 1;
  const auto middle = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2);
  std::nth_element(steps.begin(), middle, steps.end());
  return std::max(*middle, 1e-3);
}

}  // namespace

double Belief::mean() const {
  double sum = 0;
  for (const Part& part : parts) sum += part.weight * part.mean;
  return sum;
}

double Belief::above(double x) const {
  double sum = 0;
  for (const Part& part : parts) {
    sum += part.weight * normal_above(normal_of((x - part.mean) / part.sd, part.freedom));
  }
  return sum;
}

double Belief::quantile(double fraction) const {
  double low = 0;
  double high = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const double far = parts[i].sd * (parts[i].freedom < 3 ? 100 : 12);
    low = i == 0 ? parts[i].mean - far : std::min(low, parts[i].mean - far);
    high = i == 0 ? parts[i].mean + far : std::max(high, parts[i].mean + far);
  }
  for (int i = 0; i < 40; ++i) {
    const double middle = 0.5 * (low + high);
    (1 - above(middle) < fraction ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

Regression regress(const Curve& curve, const Model& model) {
  const Whitener whitener(curve.points(), model.noise);
  std::vector<double> white(curve.points().size());
  whitener.whiten(curve.values(), white);
  Regression out(white);
  const double error = rough_error(curve);
  for (const Term& term : model.terms) {
    whitener.whiten(curve.column(term), white);
    out.add(white, prior_mb(curve, term) / error);
  }
  out.solve();
  return out;
}

namespace {

double score_of(const Whitener& whitener, const Regression& fit, const Noise& noise) {
  return -0.5 * (fit.degrees_of_freedom() * std::log(fit.error_variance()) + fit.log_determinant() +
                 whitener.log_determinant()) -
         (noise.drift > 0 ? kDriftPrior : 0);
}

// The columns of a model, made once and whitened again for each noise.
class Scorer {
 public:
  Scorer(const Curve& curve, const Model& model) : curve_(curve), values_(curve.values()) {
    const double error = rough_error(curve);
    for (const Term& term : model.terms) {
      columns_.push_back(curve.column(term));
      priors_.push_back(prior_mb(curve, term) / error);
    }
  }

  Regression fit(const Whitener& whitener) const {
    std::vector<double> white(values_.size());
    whitener.whiten(values_, white);
    Regression out(white);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      whitener.whiten(columns_[i], white);
      out.add(white, priors_[i]);
    }
    out.solve();
    return out;
  }

  double score(const Noise& noise) const {
    const Whitener whitener(curve_.points(), noise);
    return score_of(whitener, fit(whitener), noise);
  }

 private:
  const Curve& curve_;
  std::vector<double> values_;
  std::vector<std::vector<double>> columns_;
  std::vector<double> priors_;
};

// Scores on the grid of noises, each worked out at most once.
class Grid {
 public:
  Grid(const Curve& curve, const Model& model) : scorer_(curve, model) {}

  double at(std::size_t memory, std::size_t drift) {
    std::optional<double>& known = known_[memory][drift];
    if (!known) {
      const double score =
          scorer_.score({.memory_h = kMemoriesHours[memory], .drift = kDrifts[drift]});
      known = std::isfinite(score) ? score : -HUGE_VAL;
    }
    return *known;
  }

  // The best place on the grid near (memory, drift).
  std::pair<std::size_t, std::size_t> climb(std::size_t memory, std::size_t drift,
                                            const Range& range) {
    for (bool moved = true; moved;) {
      moved = false;
      const auto try_move = [&](std::size_t m, std::size_t d) {
        if (m >= kMemories || d >= kDrifts.size()) return;
        if (kMemoriesHours[m] > range.longest_memory_h || !(at(m, d) > at(memory, drift))) return;
        memory = m;
        drift = d;
        moved = true;
      };
      try_move(memory + 1, drift);
      try_move(memory - 1, drift);
      if (!range.drifts) continue;
      try_move(memory, drift + 1);
      try_move(memory, drift - 1);
    }
    return {memory, drift};
  }

 private:
  Scorer scorer_;
  std::array<std::array<std::optional<double>, kDrifts.size()>, kMemories> known_;
};

template <typename Values>
std::size_t place(const Values& values, double value) {
  return static_cast<std::size_t>(
      std::distance(values.begin(), std::ranges::lower_bound(values, value)));
}

}  // namespace

double noise_score(const Curve& curve, const Model& model) {
  return Scorer(curve, model).score(model.noise);
}

double likelihood(const Curve& curve, const Model& model) {
  const Whitener whitener(curve.points(), model.noise);
  const Regression fit = Scorer(curve, model).fit(whitener);
  const auto n = static_cast<double>(curve.points().size());
  return -n * std::log(std::max(fit.residual_squares(), 1e-12) / n) - whitener.log_determinant() -
         (model.noise.drift > 0 ? 2 * kDriftPrior : 0);
}

Noise best_noise(const Curve& curve, const Model& model, const Range& range) {
  Grid grid(curve, model);
  const double start = std::min(model.noise.memory_h, range.longest_memory_h);
  const std::size_t memory = place(kMemoriesHours, start);
  const std::size_t drift =
      range.drifts ? std::max<std::size_t>(place(kDrifts, model.noise.drift), 2) : 0;
  auto [m, d] = grid.climb(memory, drift, range);
  if (d > 0) {
    Range still = range;
    still.drifts = false;
    const auto [still_m, still_d] = grid.climb(memory, 0, still);
    if (grid.at(still_m, still_d) > grid.at(m, d)) m = still_m, d = still_d;
  }
  return {.memory_h = kMemoriesHours[m], .drift = kDrifts[d]};
}

namespace {

// Visits noises from the best one outwards, as long as they are likely enough to
// matter, and collects what each says of a sum of coefficients.
class Spread {
 public:
  Spread(const Curve& curve, const Model& model, std::span<const double> weights)
      : curve_(curve), weights_(weights), scorer_(curve, model) {}

  void around(std::size_t memory, std::size_t drift) {
    sweep(memory, drift);
    for (std::size_t d = drift; d-- > 0 && sweep(memory, d);) {
    }
    for (std::size_t d = drift + 1; d < kDrifts.size() && sweep(memory, d); ++d) {
    }
  }

  Belief belief() const {
    Belief out{.parts = parts_};
    double total = 0;
    for (Belief::Part& part : out.parts) total += part.weight = std::exp(part.weight - best_);
    for (Belief::Part& part : out.parts) part.weight /= total;
    return out;
  }

 private:
  // Whether a noise with that drift matters.
  bool sweep(std::size_t memory, std::size_t drift) {
    bool any = visit(memory, drift);
    for (std::size_t m = memory; m-- > 0 && visit(m, drift);) any = true;
    for (std::size_t m = memory + 1; m < kMemories && visit(m, drift); ++m) any = true;
    return any;
  }

  bool visit(std::size_t memory, std::size_t drift) {
    const Noise noise{.memory_h = kMemoriesHours[memory], .drift = kDrifts[drift]};
    const Whitener whitener(curve_.points(), noise);
    const Regression fit = scorer_.fit(whitener);
    const double score = score_of(whitener, fit, noise);
    const double sd = std::sqrt(fit.variance_factor(weights_) * fit.error_variance());
    parts_.push_back({.weight = score,  // until belief() makes it one
                      .mean = fit.combined(weights_),
                      .sd = std::max(sd, 1e-9),
                      .freedom = fit.degrees_of_freedom()});
    best_ = std::max(best_, score);
    return score > best_ - kFarBelow;
  }

  const Curve& curve_;
  std::span<const double> weights_;
  Scorer scorer_;
  std::vector<Belief::Part> parts_;
  double best_ = -HUGE_VAL;
};

}  // namespace

Belief belief(const Curve& curve, const Model& model, std::span<const double> weights) {
  Spread spread(curve, model, weights);
  spread.around(place(kMemoriesHours, model.noise.memory_h), place(kDrifts, model.noise.drift));
  return spread.belief();
}

}  // namespace tidemark::verdict
