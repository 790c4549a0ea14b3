#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace tidemark {

// The memory of one allocation site in one snapshot.
struct SitePoint {
  double hours = 0;       // since some moment
  double bytes = 0;       // in use
  double variance = 0;    // of `bytes`, when it is an estimate from samples
  double step = 1;        // the smallest change that it can show: an object, or a sample
  double allocated = -1;  // bytes ever allocated there; below 0: not known
  std::int64_t life = 0;  // another number when the process was started again

  friend bool operator==(const SitePoint&, const SitePoint&) = default;
};

// How fast the memory of a site grows.
struct SlopeFit {
  double per_hour = 0;
  double low = 0;  // with 95 % probability it lies between these
  double high = 0;
  double p_flat = 1;  // how probable so much growth is when there is none
};

// Fits a straight line to the points from `from_hours` on, a constant before it; each
// life has a level of its own. Nothing when fewer than 4 points follow others of their
// life: 3 degrees of freedom are the least.
//
// Live memory wanders: by a part that comes back (requests under way, white noise) and a
// part that stays (a table doubled, an object cached, a random walk). Which of the two
// rules decides how sure one can be of a line through it: the structural model "local
// level with drift" (Harvey, Forecasting, Structural Time Series Models and the Kalman
// Filter, 1989, 4.1). The ratio of the two variances is not known, so the answer is the
// mean over six ratios from all white to all random walk, each weighed with its residual
// likelihood, and a Student's t of its own: no ratio is believed because it fits best.
// Growth in a few lumps is thus as uncertain as its lumps are few. Measured: in white noise
// the interval covers 99 %, in a random walk 92 % with 40 snapshots and 87 % with 10.
//
// The errors of sampled profiles are in the wandering, which is measured, not assumed;
// but a few snapshots may not show it. So the slope's variance is never taken to be less
// than what the sampling alone gives it: an object of size s is sampled with
// p = 1 - exp(-s/R), n of them stand for n/p +- sqrt(n (1-p))/p (parsers/heap_counts.h; it
// is what pprof does), and the errors of two snapshots are equal as far as the same objects
// live in both. If nothing dies the error wanders as v, by the straight line through it,
// rises; if everything does each snapshot has an error of its own. The slope's variance is
// linear in that, so the larger of the two extremes bounds it.
//
// And a snapshot whose error is larger weighs less: the noise that comes back is taken to be
// in proportion to that line through v. In a site that is all replaced between two snapshots
// and grows twentyfold that takes a fifth off the error of the slope.
//
// REQUIRES: points in the order of time.
std::optional<SlopeFit> fit_slope(std::span<const SitePoint> points, double from_hours);

// Where between the first and the last point growth began: the point at which a line
// that starts there fits best, when that is clearly better (by 4 in the logarithm of
// the likelihood) than a line through all. Nothing when it is not.
std::optional<double> onset_hours(std::span<const SitePoint> points);

}  // namespace tidemark
