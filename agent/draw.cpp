#include "agent/draw.h"

#include <bit>

namespace tidemark::agent {
namespace {

// A division takes longer than all else in a step of a series.
constexpr int kInverses = 22;
struct Inverses {
  double of[kInverses];
};
constexpr Inverses kInverse = [] {
  Inverses inverses{};
  for (int number = 1; number < kInverses; ++number) inverses.of[number] = 1.0 / number;
  return inverses;
}();

}  // namespace

double log_of(double x) {
  constexpr double kLn2 = 0.693147180559945309417;
  constexpr double kSqrtHalf = 0.70710678118654752440;
  const auto bits = std::bit_cast<std::uint64_t>(x);
  int exponent = static_cast<int>(bits >> 52) - 1022;
  // x = mantissa * 2^exponent, with the mantissa from sqrt(1/2) to sqrt(2).
  auto mantissa = std::bit_cast<double>((bits & 0x000fffffffffffffULL) | 0x3fe0000000000000ULL);
  if (mantissa < kSqrtHalf) {
    mantissa *= 2;
    --exponent;
  }
  // log m = 2 atanh s for s = (m - 1) / (m + 1); |s| < 0.172, so 11 terms are enough.
  const double s = (mantissa - 1) / (mantissa + 1);
  const double square = s * s;
  double sum = 0;
  for (int odd = 21; odd >= 1; odd -= 2) sum = sum * square + kInverse.of[odd];
  return exponent * kLn2 + 2 * s * sum;
}

double one_minus_exp(double x) {
  if (x >= 40) return 1;  // exp(-40) is less than half of the last place of 1
  int halvings = 0;
  while (x > 0.25) {
    x *= 0.5;
    ++halvings;
  }
  // exp(-x) - 1 by its series, and then exp(-2x) - 1 = e (e + 2).
  const int terms = x < 0x1p-7 ? 7 : 13;
  double sum = 0;
  for (int term = terms; term >= 1; --term) sum = (sum + 1) * (-x * kInverse.of[term]);
  for (; halvings > 0; --halvings) sum *= sum + 2;
  return -sum;
}

std::uint64_t random_bits(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15;
  std::uint64_t bits = state;
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31);
}

std::uint64_t draw_gap(std::uint64_t& random_state, float mean) {
  // In (0, 1]: the gap is never infinite.
  const double uniform = static_cast<double>((random_bits(random_state) >> 11) + 1) * 0x1p-53;
  const double gap = -log_of(uniform) * static_cast<double>(mean);
  // size > floor(gap) just when size > gap, but for a gap that is a whole number.
  return gap < static_cast<double>(kFarAway) ? static_cast<std::uint64_t>(gap) : kFarAway;
}

}  // namespace tidemark::agent
