#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace tidemark {

// From `first` to `last` a level moves evenly; before and after it stands.
struct Ramp {
  std::size_t first = 0;
  std::size_t last = 0;

  friend bool operator==(const Ramp&, const Ramp&) = default;
};

// What a series may consist of: a level, steps (each the first place of a new level), a ramp.
struct ChangeModel {
  std::vector<std::size_t> steps;  // ascending
  std::optional<Ramp> ramp;

  std::size_t changes() const { return steps.size() + (ramp ? 1 : 0); }
};

// A model fitted by least squares.
struct ChangeFit {
  double level = 0;  // before all changes
  // Of each step and then of the ramp: how much the level changes, and the standard error of that
  // when the noise is 1.
  std::vector<double> changes;
  std::vector<double> errors;
  // The sum of squared residuals; infinite when the model's parts cannot be told apart.
  double rest = std::numeric_limits<double>::infinity();
};

// Fits models to values. Steps cost no pass over the values, so that many can be tried.
class ChangeFitter {
 public:
  // REQUIRES: the values' mean is near 0, against their differences.
  explicit ChangeFitter(std::vector<double> values);

  ChangeFit fit(const ChangeModel& model) const;

  const std::vector<double>& values() const { return values_; }

 private:
  std::vector<double> values_;
  std::vector<double> after_;  // sums of the values from each place on
  double squares_ = 0;
};

// The level at each of `size` places.
std::vector<double> levels_of(const ChangeModel& model, const ChangeFit& fit, std::size_t size);

// The steps of the piecewise constant series with the smallest sum of squared residuals plus
// `penalty` for each step; no level is shorter than two places.
std::vector<std::size_t> best_steps(std::span<const double> values, double penalty);

// The ramp over at least `shortest` places that, beside these steps, leaves the least.
std::optional<Ramp> best_ramp(const ChangeFitter& fitter, const std::vector<std::size_t>& steps,
                              std::size_t shortest);

}  // namespace tidemark
