#include "lib/load/usl.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <set>
#include <utility>

namespace tidemark::load {
namespace {

constexpr std::size_t kParameters = 3;  // lambda, sigma, kappa
using Parameters = std::array<double, kParameters>;
using Matrix = std::array<Parameters, kParameters>;

double law(const Parameters& p, double n) {
  return p[0] * n / (1 + p[1] * (n - 1) + p[2] * n * (n - 1));
}

// By each parameter.
Parameters slope(const Parameters& p, double n) {
  const double below = 1 + p[1] * (n - 1) + p[2] * n * (n - 1);
  const double above = -p[0] * n / (below * below);
  return {n / below, above * (n - 1), above * n * (n - 1)};
}

// What is to be fitted, and how far off each may be.
struct Fit {
  std::vector<Rung> rungs;
  bool errors_known = false;

  double chi2(const Parameters& p) const {
    double sum = 0;
    for (const Rung& rung : rungs) {
      const double off = (rung.throughput - law(p, rung.clients)) / rung.error;
      sum += off * off;
    }
    return sum;
  }

  // The information of the rungs about the parameters, and where the slope points.
  std::pair<Matrix, Parameters> normal(const Parameters& p) const {
    Matrix information{};
    Parameters gradient{};
    for (const Rung& rung : rungs) {
      const Parameters by = slope(p, rung.clients);
      const double weight = 1 / (rung.error * rung.error);
      const double off = rung.throughput - law(p, rung.clients);
      for (std::size_t i = 0; i < kParameters; ++i) {
        gradient[i] += weight * by[i] * off;
        for (std::size_t j = 0; j < kParameters; ++j) information[i][j] += weight * by[i] * by[j];
      }
    }
    return {information, gradient};
  }
};

// A matrix and beside it what becomes its inverse.
using Work = std::array<std::array<double, 2 * kParameters>, kParameters>;

// Makes the column that of the unit matrix. False when the matrix is singular.
bool eliminate(Work& work, std::size_t column) {
  std::size_t best = column;
  for (std::size_t row = column; row < kParameters; ++row)
    if (std::abs(work[row][column]) > std::abs(work[best][column])) best = row;
  std::swap(work[best], work[column]);
  const double pivot = work[column][column];
  if (!(std::abs(pivot) > 1e-12)) return false;
  for (double& value : work[column]) value /= pivot;
  for (std::size_t row = 0; row < kParameters; ++row) {
    const double factor = row == column ? 0 : work[row][column];
    for (std::size_t k = 0; k < 2 * kParameters; ++k) work[row][k] -= factor * work[column][k];
  }
  return true;
}

// Gauss-Jordan with the rows scaled, as lambda is thousands and kappa thousandths.
std::optional<Matrix> inverse(const Matrix& matrix) {
  Parameters scale{};
  Work work{};
  for (std::size_t i = 0; i < kParameters; ++i) {
    scale[i] = std::sqrt(matrix[i][i]);
    if (!(scale[i] > 0) || !std::isfinite(scale[i])) return std::nullopt;
  }
  for (std::size_t i = 0; i < kParameters; ++i) {
    for (std::size_t j = 0; j < kParameters; ++j) work[i][j] = matrix[i][j] / scale[i] / scale[j];
    work[i][kParameters + i] = 1;
  }
  for (std::size_t column = 0; column < kParameters; ++column)
    if (!eliminate(work, column)) return std::nullopt;
  Matrix out{};
  for (std::size_t i = 0; i < kParameters; ++i)
    for (std::size_t j = 0; j < kParameters; ++j)
      out[i][j] = work[i][kParameters + j] / scale[i] / scale[j];
  return out;
}

// One step of Levenberg and Marquardt. A parameter at its bound that would leave it stays.
std::optional<Parameters> step(const Fit& fit, const Parameters& p, double damping) {
  auto [information, gradient] = fit.normal(p);
  for (std::size_t i = 0; i < kParameters; ++i) {
    const bool held = i > 0 && p[i] <= 0 && gradient[i] <= 0;
    if (held) gradient[i] = 0;
    for (std::size_t j = 0; held && j < kParameters; ++j)
      if (j != i) information[i][j] = information[j][i] = 0;
    information[i][i] *= 1 + damping;
  }
  const auto inverted = inverse(information);
  if (!inverted) return std::nullopt;
  Parameters next = p;
  for (std::size_t i = 0; i < kParameters; ++i)
    for (std::size_t j = 0; j < kParameters; ++j) next[i] += (*inverted)[i][j] * gradient[j];
  next[0] = std::max(next[0], p[0] / 10);
  next[1] = std::max(next[1], 0.0);
  next[2] = std::max(next[2], 0.0);
  return next;
}

std::optional<Parameters> descend(const Fit& fit, Parameters p) {
  double damping = 1e-3;
  double now = fit.chi2(p);
  for (int tries = 0; tries < 500 && damping < 1e12; ++tries) {
    const auto next = step(fit, p, damping);
    if (!next) return std::nullopt;
    const double then = fit.chi2(*next);
    if (!(then <= now)) {
      damping *= 4;
      continue;
    }
    const bool still = now - then <= 1e-12 * now;
    p = *next;
    now = then;
    damping = std::max(damping / 8, 1e-12);
    if (still) break;
  }
  return p;
}

// Without errors every rung counts alike, in proportion to its height.
Fit fit_of(std::vector<Rung> rungs) {
  std::erase_if(rungs, [](const Rung& rung) {
    return rung.clients < 1 || !(rung.throughput > 0) || !std::isfinite(rung.throughput);
  });
  Fit fit{.rungs = std::move(rungs)};
  fit.errors_known =
      std::ranges::all_of(fit.rungs, [](const Rung& rung) { return rung.error > 0; });
  for (Rung& rung : fit.rungs) {
    const double least = rung.throughput * 1e-6;  // an error of nothing would outweigh all
    rung.error = fit.errors_known ? std::max(rung.error, least) : rung.throughput * 0.01;
  }
  return fit;
}

void keep(Scalability& out, const Fit& fit, const Parameters& p, const Matrix& covariance) {
  const double over = fit.chi2(p) / static_cast<double>(fit.rungs.size() - kParameters);
  const double wider = fit.errors_known ? std::max(over, 1.0) : over;
  for (std::size_t i = 0; i < kParameters; ++i)
    for (std::size_t j = 0; j < kParameters; ++j)
      out.covariance.at(kParameters * i + j) = covariance[i][j] * wider;
  out.lambda = p[0];
  out.sigma = p[1];
  out.kappa = p[2];
  out.lambda_error = std::sqrt(out.covariance[0]);
  out.sigma_error = std::sqrt(out.covariance[4]);
  out.kappa_error = std::sqrt(out.covariance[8]);
  if (p[1] < 1 && p[2] > 1.96 * *out.kappa_error) out.knee = std::sqrt((1 - p[1]) / p[2]);
}

}  // namespace

Scalability fit_scalability(std::vector<Rung> rungs) {
  std::ranges::stable_sort(rungs, {}, &Rung::clients);
  Scalability out{.rungs = rungs};
  const Fit fit = fit_of(std::move(rungs));
  std::set<int> different;
  for (const Rung& rung : fit.rungs) different.insert(rung.clients);
  if (different.size() <= kParameters) return out;
  const Rung& first = fit.rungs.front();
  const auto p = descend(fit, {first.throughput / first.clients, 0.02, 1e-4});
  if (!p) return out;
  const auto covariance = inverse(fit.normal(*p).first);
  if (covariance) keep(out, fit, *p, *covariance);
  return out;
}

Predicted throughput_at(const Scalability& law_of, double clients) {
  const Parameters p{*law_of.lambda, *law_of.sigma, *law_of.kappa};
  const Parameters by = slope(p, clients);
  double variance = 0;
  for (std::size_t i = 0; i < kParameters; ++i)
    for (std::size_t j = 0; j < kParameters; ++j)
      variance += by[i] * by[j] * law_of.covariance.at(kParameters * i + j);
  return {.throughput = law(p, clients), .error = std::sqrt(std::max(variance, 0.0))};
}

}  // namespace tidemark::load
