#include "lib/verdict/regression.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tidemark::verdict {
namespace {

double dot(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

constexpr double kNothing = 1e-9;  // of a column's square: explained by the others

}  // namespace

Regression::Regression(std::span<const double> values) : values_(values.begin(), values.end()) {}

void Regression::add(std::span<const double> column, double prior_sd) {
  const double length = std::sqrt(dot(column, column));
  const double scale = length > 0 ? 1 / length : 0;
  std::vector<double>& own = columns_.emplace_back(column.begin(), column.end());
  for (double& value : own) value *= scale;
  scales_.push_back(scale);
  priors_.push_back(prior_sd > 0 ? (scale * scale) / (prior_sd * prior_sd) : 0);
}

void Regression::forward(std::span<double> v) const {
  for (std::size_t i = 0; i < v.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) v[i] -= lower(i, j) * v[j];
    v[i] = idle_[i] ? 0 : v[i] / lower(i, i);
  }
}

// Cholesky's factor of the normal equations; a column that the ones before explain
// takes no part.
void Regression::factorize() {
  const std::size_t p = columns_.size();
  lower_.assign(p * (p + 1) / 2, 0);
  idle_.assign(p, false);
  log_determinant_ = 0;
  for (std::size_t i = 0; i < p; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      lower(i, j) = idle_[j] ? 0 : remainder(i, j) / lower(j, j);
    }
    const double left = remainder(i, i) + priors_[i];
    idle_[i] = left <= kNothing;
    lower(i, i) = idle_[i] ? 1 : std::sqrt(left);
    if (!idle_[i]) log_determinant_ += std::log(left) - 2 * std::log(scales_[i]);
    for (std::size_t j = 0; idle_[i] && j < i; ++j) lower(i, j) = 0;
  }
}

double Regression::remainder(std::size_t i, std::size_t j) const {
  double sum = dot(columns_[i], columns_[j]);
  for (std::size_t k = 0; k < j; ++k) sum -= lower(i, k) * lower(j, k);
  return sum;
}

void Regression::solve() {
  factorize();
  const std::size_t p = columns_.size();
  coefficients_.assign(p, 0);
  for (std::size_t i = 0; i < p; ++i) coefficients_[i] = dot(columns_[i], values_);
  forward(coefficients_);
  for (std::size_t i = p; i-- > 0;) {
    for (std::size_t k = i + 1; k < p; ++k) coefficients_[i] -= lower(k, i) * coefficients_[k];
    coefficients_[i] = idle_[i] ? 0 : coefficients_[i] / lower(i, i);
  }
  leave_residuals();
  for (std::size_t i = 0; i < p; ++i) coefficients_[i] *= scales_[i];
}

void Regression::leave_residuals() {
  residuals_ = values_;
  double held_back = 0;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    for (std::size_t t = 0; t < residuals_.size(); ++t) {
      residuals_[t] -= coefficients_[i] * columns_[i][t];
    }
    held_back += priors_[i] * coefficients_[i] * coefficients_[i];
  }
  residual_squares_ = dot(residuals_, residuals_) + held_back;
}

double Regression::combined(std::span<const double> weights) const {
  return dot(weights, coefficients_);
}

double Regression::variance_factor(std::span<const double> weights) const {
  std::vector<double> v(weights.begin(), weights.end());
  for (std::size_t i = 0; i < v.size(); ++i) v[i] *= scales_[i];
  forward(v);
  return dot(v, v);
}

double Regression::degrees_of_freedom() const {
  const auto free =
      static_cast<double>(std::ranges::count(priors_, 0.0) - std::ranges::count(idle_, true));
  return std::max(static_cast<double>(values_.size()) - free, 1.0);
}

double Regression::error_variance() const {
  // A perfect fit is one of too few points, or of numbers without noise.
  return std::max(residual_squares_ / degrees_of_freedom(), 1e-12);
}

std::vector<std::vector<double>> Regression::basis() const {
  const std::size_t p = columns_.size();
  std::vector<std::vector<double>> out(p, std::vector<double>(values_.size()));
  std::vector<double> row(p);
  for (std::size_t t = 0; t < values_.size(); ++t) {
    for (std::size_t i = 0; i < p; ++i) row[i] = columns_[i][t];
    forward(row);
    for (std::size_t i = 0; i < p; ++i) out[i][t] = row[i];
  }
  return out;
}

}  // namespace tidemark::verdict
