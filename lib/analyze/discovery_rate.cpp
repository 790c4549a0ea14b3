#include "lib/analyze/discovery_rate.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace tidemark {

std::vector<double> adjusted_for_many(std::span<const double> p_values) {
  const std::size_t many = p_values.size();
  double harmonic = 0;
  for (std::size_t i = many; i > 0; --i) harmonic += 1 / static_cast<double>(i);
  std::vector<std::size_t> order(many);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return p_values[i]; });
  std::vector<double> adjusted(many);
  double least = 1;
  for (std::size_t rank = many; rank > 0; --rank) {
    const std::size_t i = order[rank - 1];
    least = std::min(
        least, p_values[i] * static_cast<double>(many) * harmonic / static_cast<double>(rank));
    adjusted[i] = least;
  }
  return adjusted;
}

}  // namespace tidemark
