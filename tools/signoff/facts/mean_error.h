#pragma once

#include <optional>
#include <span>

namespace tidemark::signoff {

// How sure the mean of numbers is.
struct MeanError {
  double mean = 0;
  double error = 0;    // standard error of `mean`
  double freedom = 0;  // degrees of freedom of `error`
};

// Too few to tell anything of their mean.
inline constexpr std::size_t kFewestValues = 4;

// The mean of numbers that were taken one after the other at equal distances, each of which
// may be much like the one before. Nothing when there are fewer than kFewestValues.
std::optional<MeanError> mean_error(std::span<const double> values);

// The two-sided 95 % quantile of Student's distribution: the interval is value +- this * error.
// 0 degrees of freedom: the normal distribution.
double student_95(double freedom);

}  // namespace tidemark::signoff
