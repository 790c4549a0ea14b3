#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "lib/verdict/curve.h"
#include "lib/verdict/noise.h"
#include "lib/verdict/regression.h"

namespace tidemark::verdict {

// A set of causes and of noise, and how well they explain a curve.
struct Model {
  std::vector<Term> terms;
  Noise noise;
};

// How sure one is of a number: Student's distribution, or several of them.
struct Belief {
  struct Part {
    double weight = 1;
    double mean = 0;
    double sd = 1;
    double freedom = 30;
  };
  std::vector<Part> parts;

  double mean() const;
  double above(double x) const;  // P(number > x)
  double quantile(double fraction) const;
};

// The regression of `curve` on the model's terms, in their order.
Regression regress(const Curve& curve, const Model& model);

// Log likelihood of the noise, whatever the coefficients (REML: Patterson and
// Thompson 1971), with a slight preference for noise that does not drift.
double noise_score(const Curve& curve, const Model& model);

// The same for the coefficients that fit best, to compare models whose terms
// differ: twice the logarithm, without a price for terms.
double likelihood(const Curve& curve, const Model& model);

// What noise may be.
struct Range {
  double longest_memory_h = 8;
  bool drifts = false;
};

// The noise that explains the curve best, found by walking from model.noise.
Noise best_noise(const Curve& curve, const Model& model, const Range& range);

// What to believe of the sum of `weights` times the coefficients, when the noise is
// not known but has to be inferred as well.
Belief belief(const Curve& curve, const Model& model, std::span<const double> weights);

}  // namespace tidemark::verdict
