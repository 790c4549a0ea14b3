#include "lib/load/result.h"

#include <algorithm>

namespace tidemark::load {

double Scalability::efficiency(const Rung& rung) const {
  if (rungs.empty() || rung.clients <= 0) return 0;
  const Rung& least = *std::ranges::min_element(rungs, {}, &Rung::clients);
  const double one = least.clients == 1 || !lambda ? least.throughput / least.clients : *lambda;
  return one > 0 ? rung.throughput / (rung.clients * one) : 0;
}

}  // namespace tidemark::load
