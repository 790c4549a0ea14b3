#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "lib/verdict/floor_series.h"

namespace tidemark::verdict {

// How memory wanders around its expected path: a bounded part that forgets its
// past within `memory_h` (0: at once), with variance 1, and a part that never
// comes back, whose variance grows by `drift` an hour. Growth in lumps looks like
// the latter, so lumpy growth is as uncertain as its lumps are few.
struct Noise {
  double memory_h = 0;
  double drift = 0;

  friend bool operator==(const Noise&, const Noise&) = default;
};

constexpr std::array<double, 9> kMemoriesHours = {0, 0.06, 0.12, 0.25, 0.5, 1, 2, 4, 8};
constexpr std::array<double, 8> kDrifts = {0, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 4};

// Turns values at given times into what is new at each: uncorrelated and of equal
// variance when the values wander as the noise says. Linear in the values, so
// columns of a regression are turned with the same numbers: the filter of
// Kalman (1960) with its gains worked out once.
class Whitener {
 public:
  // A new life forgets all that was before.
  Whitener(std::span<const FloorPoint> points, const Noise& noise);

  // What is new in `values`, from `first` on; all before must be 0.
  void whiten(std::span<const double> values, std::span<double> out, std::size_t first = 0) const;

  // The logarithm of the determinant of the noise's covariance.
  double log_determinant() const { return log_determinant_; }

  // The filter at one point, for whoever turns many columns at once.
  struct Step {
    double keep = 0;        // of the bounded part, from the point before
    double gain_bound = 0;  // of what is new, to the bounded part
    double gain_drift = 0;  // and to the drifting one
    double scale = 1;       // 1 / standard deviation of what is new
    bool fresh = false;     // the first point of a life
  };
  std::span<const Step> steps() const { return steps_; }

 private:
  std::vector<Step> steps_;
  double log_determinant_ = 0;
};

}  // namespace tidemark::verdict
