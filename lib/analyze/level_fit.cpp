#include "lib/analyze/level_fit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>

#include "lib/base/distributions.h"

namespace tidemark {
namespace {

constexpr double kEndless = std::numeric_limits<double>::infinity();

// How much the staying part wanders from one snapshot to the next, in variances of the
// part that comes back.
constexpr std::array<double, 6> kRatios = {0, 0.01, 0.1, 1, 10, kEndless};

constexpr double kLeastFreedom = 3;
constexpr double kClearlyBetter = 4;
constexpr double kLeastWeight = 0.1;  // of a point's sampling variance, in their mean

// The usual time between two snapshots of one life.
double usual_gap(std::span<const SitePoint> points) {
  std::vector<double> gaps;
  for (std::size_t i = 1; i < points.size(); ++i) {
    if (points[i].life == points[i - 1].life) gaps.push_back(points[i].hours - points[i - 1].hours);
  }
  if (gaps.empty()) return 1;
  const auto middle = gaps.begin() + std::ssize(gaps) / 2;
  std::ranges::nth_element(gaps, middle);
  return *middle > 0 ? *middle : 1;
}

// Sums over what is new in each point, for one ratio.
struct Sums {
  double tt = 0;  // of the line's
  double ty = 0;
  double yy = 0;  // of the bytes'
  double log_variances = 0;
  int count = 0;

  double slope() const { return tt > 0 ? ty / tt : 0; }
  double freedom() const { return count - 1; }
};

// What the filter knows of the level.
struct Level {
  double line = 0;
  double bytes = 0;
  double variance = 1;  // in means of those of the noise that comes back
};

// The sampling variance of each point in means of them, by a straight line through them: 1
// where nothing is sampled. A point's own estimate would not do: one that is low by chance
// seems precise, and would pull the line down.
std::vector<double> sampling_weights(std::span<const SitePoint> points) {
  double mean = 0;
  double hours = 0;
  const auto count = static_cast<double>(points.size());
  for (const SitePoint& point : points) {
    mean += point.variance / count;
    hours += point.hours / count;
  }
  std::vector<double> weights(points.size(), 1);
  if (mean <= 0) return weights;
  double squares = 0;
  double products = 0;
  for (const SitePoint& point : points) {
    squares += (point.hours - hours) * (point.hours - hours);
    products += (point.hours - hours) * (point.variance / mean - 1);
  }
  const double slope = squares > 0 ? products / squares : 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    weights[i] = std::max(1 + slope * (points[i].hours - hours), kLeastWeight);
  }
  return weights;
}

class Filter {
 public:
  Filter(std::span<const SitePoint> points, double from_hours)
      : points_(points),
        weights_(sampling_weights(points)),
        from_(from_hours),
        gap_(usual_gap(points)) {}

  Sums sums(double ratio) const {
    Sums out;
    Level level;
    for (std::size_t i = 0; i < points_.size(); ++i) {
      const double line = std::max(0.0, points_[i].hours - from_);
      if (i == 0 || points_[i].life != points_[i - 1].life) {
        level = {.line = line, .bytes = points_[i].bytes, .variance = weights_[i]};
        continue;
      }
      // Two snapshots of one moment: as if they were a little apart.
      const double gaps = std::max((points_[i].hours - points_[i - 1].hours) / gap_, 1e-3);
      const double before = ratio == kEndless ? gaps : level.variance + ratio * gaps;
      const double variance = ratio == kEndless ? gaps : before + weights_[i];
      const double gain = ratio == kEndless ? 1 : before / variance;
      const double new_line = line - level.line;
      const double new_bytes = points_[i].bytes - level.bytes;
      out.tt += new_line * new_line / variance;
      out.ty += new_line * new_bytes / variance;
      out.yy += new_bytes * new_bytes / variance;
      out.log_variances += std::log(variance);
      ++out.count;
      level = {.line = level.line + gain * new_line,
               .bytes = level.bytes + gain * new_bytes,
               .variance = before * (1 - gain)};
    }
    return out;
  }

 private:
  std::span<const SitePoint> points_;
  std::vector<double> weights_;
  double from_;
  double gap_;
};

// The variance of a difference of two values that move in steps.
double step_variance(std::span<const SitePoint> points) {
  double sum = 0;
  for (const SitePoint& point : points) sum += point.step * point.step;
  return sum / static_cast<double>(points.size()) / 6;
}

double residual_squares(const Sums& sums, double least_variance) {
  const double left = sums.yy - sums.slope() * sums.ty;
  return std::max(left, 1e-12 * sums.yy) + sums.freedom() * least_variance;
}

double log_likelihood(const Sums& sums, double squares) {
  return -0.5 * (sums.log_variances + std::log(sums.tt) + sums.freedom() * std::log(squares));
}

// The least variance of the slope of one life, by its sampling alone; and the weight
// that the life has among others.
struct LifeSlope {
  double variance = 0;
  double weight = 0;
};

LifeSlope sampling_of(std::span<const SitePoint> life, double from_hours) {
  const auto line = [&](const SitePoint& p) { return std::max(0.0, p.hours - from_hours); };
  double mean = 0;
  for (const SitePoint& point : life) mean += line(point) / static_cast<double>(life.size());
  double squares = 0;
  double all_new = 0;
  double variance_change = 0;
  for (const SitePoint& point : life) {
    const double away = line(point) - mean;
    squares += away * away;
    all_new += away * away * point.variance;
    variance_change += away * point.variance;
  }
  const double span = line(life.back()) - line(life.front());
  if (squares <= 0 || span <= 0) return {};
  const double none_dies = std::abs(variance_change) / squares * span;
  // 6/5: least squares through a random walk, against its two ends.
  return {.variance = std::max(all_new / (squares * squares), 1.2 * none_dies / (span * span)),
          .weight = squares};
}

double sampling_variance(std::span<const SitePoint> points, double from_hours) {
  double variance = 0;
  double weights = 0;
  for (std::size_t i = 0; i < points.size();) {
    std::size_t end = i;
    while (end < points.size() && points[end].life == points[i].life) ++end;
    const LifeSlope life = sampling_of(points.subspan(i, end - i), from_hours);
    variance += life.weight * life.weight * life.variance;
    weights += life.weight;
    i = end;
  }
  return weights > 0 ? variance / (weights * weights) : 0;
}

// One ratio's answer.
struct Answer {
  double slope = 0;
  double error = 0;
  double weight = 0;
};

// The t that Student's distribution exceeds with probability 2.5 %.
double student_quantile(double freedom) {
  double low = 0;
  double high = 13;  // that of one degree of freedom is 12.7
  for (int i = 0; i < 40; ++i) {
    const double half = (low + high) / 2;
    (student_above(half, freedom) > 0.025 ? low : high) = half;
  }
  return (low + high) / 2;
}

// What all ratios say together.
class Answers {
 public:
  Answers(std::span<const Answer> answers, double freedom)
      : answers_(answers), freedom_(freedom), reach_(student_quantile(freedom)) {}

  // P(slope < x).
  double below(double x) const {
    double sum = 0;
    for (const Answer& a : answers_) {
      if (a.weight < 1e-12) continue;
      sum += a.weight * student_above((a.slope - x) / a.error, freedom_);
    }
    return sum;
  }

  // The bound below (side -1) or above (1) which the slope lies with 2.5 %.
  double bound(int side) const {
    // It lies between the bounds of the single answers.
    double low = kEndless;
    double high = -kEndless;
    for (const Answer& a : answers_) {
      low = std::min(low, a.slope + side * reach_ * a.error);
      high = std::max(high, a.slope + side * reach_ * a.error);
    }
    const double probability = side < 0 ? 0.025 : 0.975;
    for (int i = 0; i < 20; ++i) {
      const double half = (low + high) / 2;
      (below(half) < probability ? low : high) = half;
    }
    return (low + high) / 2;
  }

 private:
  std::span<const Answer> answers_;
  double freedom_;
  double reach_;
};

}  // namespace

std::optional<SlopeFit> fit_slope(std::span<const SitePoint> points, double from_hours) {
  if (points.empty()) return std::nullopt;
  const Filter filter(points, from_hours);
  const double least = step_variance(points);
  const double sampling = sampling_variance(points, from_hours);
  std::array<Answer, kRatios.size()> answers{};
  std::array<double, kRatios.size()> likelihoods{};
  double freedom = 0;
  for (std::size_t i = 0; i < kRatios.size(); ++i) {
    const Sums sums = filter.sums(kRatios[i]);
    freedom = sums.freedom();
    if (freedom < kLeastFreedom || sums.tt <= 0) return std::nullopt;
    const double squares = residual_squares(sums, least);
    likelihoods[i] = log_likelihood(sums, squares);
    answers[i] = {.slope = sums.slope(),
                  .error = std::sqrt(std::max(squares / freedom / sums.tt, sampling))};
  }
  const double best = *std::ranges::max_element(likelihoods);
  double all = 0;
  for (const double likelihood : likelihoods) all += std::exp(likelihood - best);
  SlopeFit fit;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    answers[i].weight = std::exp(likelihoods[i] - best) / all;
    fit.per_hour += answers[i].weight * answers[i].slope;
  }
  const Answers mean(answers, freedom);
  fit.p_flat = mean.below(0);
  fit.low = mean.bound(-1);
  fit.high = mean.bound(1);
  return fit;
}

std::optional<double> onset_hours(std::span<const SitePoint> points) {
  if (points.size() < 8 || points.front().life != points.back().life) return std::nullopt;
  const double least = step_variance(points);
  const auto likelihood_of = [&](double from, double ratio) {
    const Sums sums = Filter(points, from).sums(ratio);
    if (sums.tt <= 0) return -kEndless;
    // Not the residual one, which cannot compare two lines.
    return -0.5 * (sums.log_variances + sums.count * std::log(residual_squares(sums, least)));
  };
  // From the first point on and from the best one on, each with the ratio that suits it.
  double without = -kEndless;
  double with = -kEndless;
  double onset = 0;
  for (const double ratio : kRatios) {
    without = std::max(without, likelihood_of(points.front().hours, ratio));
    for (std::size_t i = 1; i + points.size() / 4 < points.size(); ++i) {
      const double likelihood = likelihood_of(points[i].hours, ratio);
      if (likelihood <= with) continue;
      with = likelihood;
      onset = points[i].hours;
    }
  }
  if (with < without + kClearlyBetter) return std::nullopt;
  return onset;
}

}  // namespace tidemark
