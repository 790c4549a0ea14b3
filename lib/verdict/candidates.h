#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "lib/verdict/curve.h"
#include "lib/verdict/fit.h"

namespace tidemark::verdict {

// The causes that a curve might show, besides those that every model has. Their
// columns are made once and tried with each model: hundreds at a time, so they lie
// point by point and all go through the filter of the noise together.
class Candidates {
 public:
  explicit Candidates(const Curve& curve);

  struct Best {
    Term term;
    double worth = 0;  // twice the log likelihood that it brings, less its price
    double price = 0;
  };

  // The cause that would help `model` most, when one pays.
  std::optional<Best> best(const Curve& curve, const Model& model) const;

 private:
  struct Sums;

  // What candidate `c` would bring.
  double worth(std::size_t c, const Sums& sums, const Regression& fit) const;
  void add_bends(const Curve& curve);
  void add_fillings(const Curve& curve);
  void add_changes(const Curve& curve);
  void add(const Curve& curve, const Term& term);
  void lay_out(const Curve& curve);

  std::vector<Term> terms_;
  std::vector<double> prices_;
  std::vector<std::vector<double>> columns_;
  std::vector<double> rows_;  // columns_ point by point
};

}  // namespace tidemark::verdict
