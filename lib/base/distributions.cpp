#include "lib/base/distributions.h"

#include <algorithm>
#include <cmath>

namespace tidemark {
namespace {

// The continued fraction of I_x(a, b), by the modified Lentz method.
double beta_fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  const double most = 500 + 5 * std::sqrt(std::max(a, b));  // it takes about the square root
  const auto away_from_0 = [](double v) { return std::abs(v) < kTiny ? kTiny : v; };
  double c = 1;
  double d = 1 / away_from_0(1 - (a + b) * x / (a + 1));
  double value = d;
  const auto take = [&](double numerator) {
    d = 1 / away_from_0(1 + numerator * d);
    c = away_from_0(1 + numerator / c);
    value *= d * c;
    return d * c;
  };
  for (int i = 1; i <= most; ++i) {
    const double m = i;
    take(m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)));
    const double change = take(-(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)));
    if (std::abs(change - 1) < 1e-14) break;
  }
  return value;
}

// Where `above` of `share` lies between `low` and `high`, which it falls between.
template <typename Function>
double where_falls_to(double share, double low, double high, const Function& above) {
  constexpr int kHalvings = 200;  // ends earlier, when there is no number between
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    (above(middle) > share ? low : high) = middle;
  }
  return low + (high - low) / 2;
}

}  // namespace

double beta_below(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) +
                                a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double beta_quantile(double a, double b, double share) {
  return where_falls_to(1 - share, 0, 1, [&](double x) { return 1 - beta_below(a, b, x); });
}

double student_above(double t, double freedom) {
  if (std::isinf(freedom)) return std::erfc(t / std::sqrt(2.0)) / 2;
  const double both = beta_below(freedom / 2, 0.5, freedom / (freedom + t * t));
  return t >= 0 ? both / 2 : 1 - both / 2;
}

double student_quantile(double share, double freedom) {
  double high = 1;
  while (student_above(high, freedom) > share && high < 1e300) high *= 2;
  return where_falls_to(share, 0, high, [&](double t) { return student_above(t, freedom); });
}

double fisher_above(double f, double numerator, double denominator) {
  if (f <= 0) return 1;
  return beta_below(denominator / 2, numerator / 2, denominator / (denominator + numerator * f));
}

}  // namespace tidemark
