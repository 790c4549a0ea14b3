#include "lib/verdict/noise.h"

#include <cmath>

namespace tidemark::verdict {
namespace {

// The covariance of the two hidden parts.
struct Spread {
  double bound = 1;
  double drift = 0;
  double both = 0;
};

// A reading's own error, as a part of the bounded variance: it keeps the filter
// from following smooth noise to the last digit.
constexpr double kReading = 0.02;

}  // namespace

Whitener::Whitener(std::span<const FloorPoint> points, const Noise& noise) {
  steps_.reserve(points.size());
  Spread spread;
  for (std::size_t i = 0; i < points.size(); ++i) {
    Step step;
    step.fresh = i == 0 || points[i].life != points[i - 1].life;
    if (step.fresh) {
      spread = {};
    } else {
      const double apart = points[i].at_h - points[i - 1].at_h;
      step.keep = noise.memory_h > 0 ? std::exp(-apart / noise.memory_h) : 0;
      spread.bound = spread.bound * step.keep * step.keep + 1 - step.keep * step.keep;
      spread.both *= step.keep;
      spread.drift += noise.drift * apart;
    }
    const double variance = spread.bound + spread.drift + 2 * spread.both + kReading;
    step.gain_bound = (spread.bound + spread.both) / variance;
    step.gain_drift = (spread.drift + spread.both) / variance;
    spread.bound -= step.gain_bound * step.gain_bound * variance;
    spread.drift -= step.gain_drift * step.gain_drift * variance;
    spread.both -= step.gain_bound * step.gain_drift * variance;
    step.scale = 1 / std::sqrt(variance);
    log_determinant_ += std::log(variance);
    steps_.push_back(step);
  }
}

void Whitener::whiten(std::span<const double> values, std::span<double> out,
                      std::size_t first) const {
  for (std::size_t i = 0; i < first; ++i) out[i] = 0;
  double bound = 0;
  double drift = 0;
  for (std::size_t i = first; i < steps_.size(); ++i) {
    const Step& step = steps_[i];
    if (step.fresh) bound = drift = 0;
    bound *= step.keep;
    const double fresh = values[i] - bound - drift;
    bound += step.gain_bound * fresh;
    drift += step.gain_drift * fresh;
    out[i] = fresh * step.scale;
  }
}

}  // namespace tidemark::verdict
