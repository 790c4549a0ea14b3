#pragma once

namespace tidemark {

// Distributions of statistics, exact to about 1e-12 of their values.

// The regularised incomplete beta function I_x(a, b): P(B < x) of the beta distribution, by
// its continued fraction (DLMF 8.17.22). REQUIRES: a > 0, b > 0.
double beta_below(double a, double b, double x);

// The x of which beta_below(a, b, x) is `share`, for shares from 0 to 1.
double beta_quantile(double a, double b, double share);

// P(T > t) for Student's distribution with that many degrees of freedom, as far out as a double
// reaches. Normal when `freedom` is infinite. REQUIRES: freedom > 0.
double student_above(double t, double freedom);

// The t of which student_above(t, freedom) is `share`. REQUIRES: 0 < share <= 0.5.
double student_quantile(double share, double freedom);

// P(F > f) for Fisher's distribution of the ratio of two variances with so many degrees of
// freedom. REQUIRES: both > 0.
double fisher_above(double f, double numerator, double denominator);

}  // namespace tidemark
