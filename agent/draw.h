#pragma once

// When to sample: the bytes up to the next sample are exponentially distributed. Every byte is
// then as likely as any other to be the one that is sampled, whatever came before it, and a
// block of `size` bytes is sampled with p = 1 - exp(-size / mean), wherever it begins.
//
// Nothing here calls the mathematics library: the agent must not bring it into a program.

#include <cstdint>

namespace tidemark::agent {

inline constexpr std::uint64_t kFarAway = 1ULL << 50;

// The natural logarithm of 0 < x < 2^64, to a few units in the last place.
double log_of(double x);

// 1 - exp(-x) for x >= 0, to a few units in the last place.
double one_minus_exp(double x);

// The probability with which a block is sampled.
inline double chance(std::uint64_t size, float mean) {
  return one_minus_exp(static_cast<double>(size) / static_cast<double>(mean));
}

// The next number of the generator with this state (SplitMix64).
std::uint64_t random_bits(std::uint64_t& state);

// The number of bytes that may be allocated before the next sample: a block is sampled when it
// is larger than what is left. At most kFarAway.
std::uint64_t draw_gap(std::uint64_t& random_state, float mean);

}  // namespace tidemark::agent
