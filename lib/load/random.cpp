#include <bit>
#include <cassert>
#include <cmath>

#include "lib/load/template.h"

// xoshiro256++ 1.0 by Blackman and Vigna (https://prng.di.unimi.it/), whose state is filled
// by splitmix64, as its authors advise.

namespace tidemark::load {
namespace {

std::uint64_t splitmix64(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15U;
  std::uint64_t mixed = state;
  mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
  return mixed ^ (mixed >> 31U);
}

}  // namespace

Random::Random(std::uint64_t seed) {
  for (std::uint64_t& word : state_) word = splitmix64(seed);
}

std::uint64_t Random::next() {
  const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const std::uint64_t shifted = state_[1] << 17U;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

double Random::unit() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }

// The high half of a product (Lemire): its bias, bound / 2^64, is beyond what a load shows.
std::uint64_t Random::below(std::uint64_t bound) {
  assert(bound > 0);
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((static_cast<Wide>(next()) * bound) >> 64U);
}

double Random::exponential(double mean) { return -mean * std::log1p(-unit()); }

}  // namespace tidemark::load
