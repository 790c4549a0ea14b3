#include "lib/analyze/change_model.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tidemark {
namespace {

using Matrix = std::vector<std::vector<double>>;

double real(std::size_t number) { return static_cast<double>(number); }

// How far a ramp has come at `place`: 0 to 1.
double progress(const Ramp& ramp, std::size_t place) {
  if (place <= ramp.first) return 0;
  if (place >= ramp.last) return 1;
  return real(place - ramp.first) / real(ramp.last - ramp.first);
}

// The inverse of a positive definite matrix by Gauss and Jordan; empty when it has none.
Matrix inverse_of(Matrix matrix) {
  const std::size_t size = matrix.size();
  Matrix inverse(size, std::vector<double>(size, 0));
  for (std::size_t i = 0; i < size; ++i) inverse[i][i] = 1;
  for (std::size_t i = 0; i < size; ++i) {
    if (!(matrix[i][i] > 1e-9)) return {};
    const double pivot = 1 / matrix[i][i];
    for (std::size_t k = 0; k < size; ++k) {
      matrix[i][k] *= pivot;
      inverse[i][k] *= pivot;
    }
    for (std::size_t j = 0; j < size; ++j) {
      const double factor = matrix[j][i];
      if (j == i || factor == 0) continue;
      for (std::size_t k = 0; k < size; ++k) {
        matrix[j][k] -= factor * matrix[i][k];
        inverse[j][k] -= factor * inverse[i][k];
      }
    }
  }
  return inverse;
}

// The normal equations of a model's parts: the level, which is a step at place 0, the steps,
// and the ramp. Two steps have in common the places after both.
struct Equations {
  Matrix matrix;
  std::vector<double> right;
};

Equations equations_of(const ChangeModel& model, std::span<const double> values,
                       const std::vector<double>& after) {
  std::vector<std::size_t> steps{0};
  steps.insert(steps.end(), model.steps.begin(), model.steps.end());
  const std::size_t size = 1 + model.changes();
  Equations out{.matrix = Matrix(size, std::vector<double>(size, 0)),
                .right = std::vector<double>(size, 0)};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    out.right[i] = after[steps[i]];
    for (std::size_t j = 0; j < steps.size(); ++j) {
      out.matrix[i][j] = real(values.size() - std::max(steps[i], steps[j]));
    }
  }
  if (!model.ramp) return out;
  const Ramp& ramp = *model.ramp;
  const std::size_t own = size - 1;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    double sum = real(values.size() - std::max(steps[i], ramp.last));
    for (std::size_t at = std::max(steps[i], ramp.first); at < ramp.last; ++at) {
      sum += progress(ramp, at);
    }
    out.matrix[i][own] = out.matrix[own][i] = sum;
  }
  out.matrix[own][own] = real(values.size() - ramp.last);
  out.right[own] = after[ramp.last];
  for (std::size_t at = ramp.first; at < ramp.last; ++at) {
    out.matrix[own][own] += progress(ramp, at) * progress(ramp, at);
    out.right[own] += progress(ramp, at) * values[at];
  }
  return out;
}

// Sums of values and of their squares up to a place, for the cost of any stretch at once.
class Stretches {
 public:
  explicit Stretches(std::span<const double> values) {
    double sum = 0;
    double squares = 0;
    for (const double value : values) {
      sums_.push_back(sum += value);
      squares_.push_back(squares += value * value);
    }
  }

  // The sum of squares around the mean of [from, to).
  double cost(std::size_t from, std::size_t to) const {
    const double sum = sums_[to] - sums_[from];
    return std::max(squares_[to] - squares_[from] - sum * sum / real(to - from), 0.0);
  }

 private:
  std::vector<double> sums_{0};
  std::vector<double> squares_{0};
};

}  // namespace

ChangeFitter::ChangeFitter(std::vector<double> values)
    : values_(std::move(values)), after_(values_.size() + 1, 0) {
  for (std::size_t i = values_.size(); i-- > 0;) after_[i] = after_[i + 1] + values_[i];
  for (const double value : values_) squares_ += value * value;
}

ChangeFit ChangeFitter::fit(const ChangeModel& model) const {
  const Equations equations = equations_of(model, values_, after_);
  const Matrix inverse = inverse_of(equations.matrix);
  ChangeFit fit;
  if (inverse.empty()) return fit;
  double explained = 0;
  for (std::size_t i = 0; i < inverse.size(); ++i) {
    double coefficient = 0;
    for (std::size_t j = 0; j < inverse.size(); ++j) {
      coefficient += inverse[i][j] * equations.right[j];
    }
    explained += coefficient * equations.right[i];
    if (i == 0) {
      fit.level = coefficient;
    } else {
      fit.changes.push_back(coefficient);
      fit.errors.push_back(std::sqrt(std::max(inverse[i][i], 0.0)));
    }
  }
  // What is left of two nearly equal numbers is rounding.
  constexpr double kRounding = 1e-12;
  fit.rest = squares_ - explained > kRounding * squares_ ? squares_ - explained : 0;
  return fit;
}

std::vector<double> levels_of(const ChangeModel& model, const ChangeFit& fit, std::size_t size) {
  std::vector<double> levels(size, fit.level);
  for (std::size_t place = 0; place < size; ++place) {
    for (std::size_t i = 0; i < model.steps.size(); ++i) {
      if (place >= model.steps[i]) levels[place] += fit.changes[i];
    }
    if (model.ramp) levels[place] += fit.changes.back() * progress(*model.ramp, place);
  }
  return levels;
}

std::vector<std::size_t> best_steps(std::span<const double> values, double penalty) {
  constexpr std::size_t kShortest = 2;
  const std::size_t size = values.size();
  if (size < 2 * kShortest) return {};
  const Stretches stretches(values);
  // best[to]: the least cost of the places before `to`; from[to]: where its last level begins.
  std::vector<double> best(size + 1, std::numeric_limits<double>::infinity());
  std::vector<std::size_t> from(size + 1, 0);
  best[0] = -penalty;
  for (std::size_t to = kShortest; to <= size; ++to) {
    for (std::size_t begin = 0; begin + kShortest <= to; ++begin) {
      const double cost = best[begin] + penalty + stretches.cost(begin, to);
      if (cost < best[to]) {
        best[to] = cost;
        from[to] = begin;
      }
    }
  }
  std::vector<std::size_t> steps;
  for (std::size_t at = from[size]; at > 0; at = from[at]) steps.push_back(at);
  std::ranges::reverse(steps);
  return steps;
}

std::optional<Ramp> best_ramp(const ChangeFitter& fitter, const std::vector<std::size_t>& steps,
                              std::size_t shortest) {
  // So many places that a ramp may begin or end at are enough: a few versions more or less do not
  // change what is said.
  constexpr std::size_t kPlaces = 48;
  const std::size_t size = fitter.values().size();
  const std::size_t stride = std::max<std::size_t>(1, size / kPlaces);
  std::optional<Ramp> best;
  double least = std::numeric_limits<double>::infinity();
  ChangeModel model{.steps = steps, .ramp = {}};
  for (std::size_t first = 0; first + shortest < size; first += stride) {
    for (std::size_t last = size - 1; last >= first + shortest; last -= stride) {
      model.ramp = Ramp{first, last};
      const double rest = fitter.fit(model).rest;
      if (rest < least) {
        least = rest;
        best = model.ramp;
      }
      if (last < stride) break;
    }
  }
  return best;
}

}  // namespace tidemark
