#pragma once

#include <vector>

#include "lib/load/result.h"

namespace tidemark::load {

// Fits the Universal Scalability Law (Gunther, "Guerrilla Capacity Planning", 2007)
//
//   X(N) = l N / (1 + s (N-1) + k N (N-1))      l > 0, s >= 0, k >= 0
//
// to the rungs of a ladder by weighted least squares: Gauss-Newton, damped, over the
// parameters that their bounds do not hold. s is what is done one at a time (contention),
// k what each has to agree on with each other (coherency).
//
// The standard errors are those of the rungs' own errors, and larger when the curve misses
// the rungs by more than these explain. Nothing is fitted to fewer than 4 rungs with
// different numbers of clients: three parameters go through any three points. The knee is
// told only when k is beyond doubt, more than 1.96 of its standard errors.
Scalability fit_scalability(std::vector<Rung> rungs);

// What the fitted law says, and its standard error. REQUIRES: it could be fitted.
struct Predicted {
  double throughput = 0;
  double error = 0;
};
Predicted throughput_at(const Scalability& law, double clients);

}  // namespace tidemark::load
