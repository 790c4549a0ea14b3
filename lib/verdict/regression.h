#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace tidemark::verdict {

// Least squares with a handful of columns, grown column by column.
//
//   Regression r(whitened values);  r.add(whitened column)...;  r.solve();
//
// Columns must be whitened, so that errors have equal variance. A column that the
// others explain already is given coefficient 0.
class Regression {
 public:
  explicit Regression(std::span<const double> values);

  // `prior_sd`: how large its coefficient may plausibly be, in standard
  // deviations of the error; 0: anything.
  void add(std::span<const double> column, double prior_sd = 0);
  void solve();

  std::size_t size() const { return columns_.size(); }
  std::size_t points() const { return values_.size(); }
  double coefficient(std::size_t i) const { return coefficients_[i]; }

  // The sum of weights * coefficients, and its variance in units of the error's.
  double combined(std::span<const double> weights) const;
  double variance_factor(std::span<const double> weights) const;

  double residual_squares() const { return residual_squares_; }
  double log_determinant() const { return log_determinant_; }  // of the normal equations
  double degrees_of_freedom() const;
  double error_variance() const;

  // What the columns span, as uncorrelated columns of length 1 (0 where a prior
  // holds one back or others explain it), and what they leave of the values.
  // REQUIRES: solve() was called.
  std::vector<std::vector<double>> basis() const;
  std::span<const double> residuals() const { return residuals_; }

 private:
  std::vector<double> values_;
  std::vector<std::vector<double>> columns_;
  std::vector<double> scales_;
  std::vector<double> priors_;
  std::vector<double> lower_;  // Cholesky factor, rows packed
  std::vector<double> coefficients_;
  std::vector<double> residuals_;
  std::vector<bool> idle_;
  double residual_squares_ = 0;
  double log_determinant_ = 0;

  double& lower(std::size_t i, std::size_t j) { return lower_[i * (i + 1) / 2 + j]; }
  double lower(std::size_t i, std::size_t j) const { return lower_[i * (i + 1) / 2 + j]; }
  void factorize();
  void leave_residuals();
  // What is left of the product of two columns by those before the second.
  double remainder(std::size_t i, std::size_t j) const;
  void forward(std::span<double> v) const;
};

}  // namespace tidemark::verdict
