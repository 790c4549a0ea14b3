#include "agent/draw.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace tidemark::agent {
namespace {

// The statistic of Anderson and Darling for values that ought to be uniform in (0, 1).
double anderson_darling(std::vector<double> values) {
  std::ranges::sort(values);
  const auto n = static_cast<double>(values.size());
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double low = values[i];
    const double high = values[values.size() - 1 - i];
    sum += (2 * static_cast<double>(i) + 1) * (std::log(low) + std::log1p(-high));
  }
  return -n - sum / n;
}

std::vector<double> gaps(std::uint64_t seed, float mean, int count) {
  std::vector<double> drawn;
  for (int i = 0; i < count; ++i) drawn.push_back(static_cast<double>(draw_gap(seed, mean)));
  return drawn;
}

// What an exponential distribution makes of a gap; in the middle of the byte that it ends in.
std::vector<double> as_uniform(std::vector<double> drawn, double mean) {
  for (double& gap : drawn) gap = -std::expm1(-(gap + 0.5) / mean);
  return drawn;
}

TEST(Draw, GapsAreExponential) {
  // 6.0 is passed once in 1,000: of 20 seeds, 3 pass it once in a million times.
  int beyond = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
    beyond += anderson_darling(as_uniform(gaps(seed, 524288, 20000), 524288)) > 6.0;
  EXPECT_LT(beyond, 3);
}

TEST(Draw, TheTestOfGapsNoticesAnotherMean) {
  EXPECT_GT(anderson_darling(as_uniform(gaps(1, 524288, 20000), 524288 * 1.05)), 6.0);
}

TEST(Draw, ABlockIsSampledAsOftenAsItsChanceSays) {
  for (const std::uint64_t size : {16, 4096, 500000, 3000000}) {
    constexpr float kMean = 524288;
    constexpr int kTries = 200000;
    std::uint64_t state = size;
    int sampled = 0;
    for (int i = 0; i < kTries; ++i) sampled += size > draw_gap(state, kMean);
    const double p = chance(size, kMean);
    EXPECT_NEAR(sampled, kTries * p, 5 * std::sqrt(kTries * p * (1 - p)) + 1) << size;
  }
}

TEST(Draw, TheGapIsNeverTooLargeForACounter) {
  std::uint64_t state = 1;
  for (int i = 0; i < 1000; ++i) EXPECT_LE(draw_gap(state, 1e18F), kFarAway);
}

TEST(Draw, ItsLogarithmIsTheLibrarys) {
  for (double x = 1e-16; x < 1e19; x *= 1.37)
    EXPECT_NEAR(log_of(x), std::log(x), 4e-16 * std::max(1.0, std::abs(std::log(x)))) << x;
}

TEST(Draw, ItsChanceIsTheLibrarys) {
  for (double x = 1e-12; x < 1000; x *= 1.13)
    EXPECT_NEAR(one_minus_exp(x) / -std::expm1(-x), 1, 1e-14) << x;
  EXPECT_EQ(one_minus_exp(0), 0);
}

}  // namespace
}  // namespace tidemark::agent
