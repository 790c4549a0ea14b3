#include "lib/verdict/lumps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace tidemark::verdict {
namespace {

// Points a quarter of an hour apart, for 24 hours; `mb` is the path beside noise.
template <typename Path>
Lumps lumps_in(Path mb) {
  std::vector<FloorPoint> points;
  std::vector<double> path;
  for (int i = 0; i < 96; ++i) {
    const double h = 0.25 * i;
    points.push_back({.at_h = h});
    path.push_back(mb(h) + 0.3 * std::sin(37.0 * i));
  }
  return lumps_of(points, path);
}

TEST(Lumps, AreCounted) {
  const Lumps lumps = lumps_in([](double h) { return 20 * std::floor(h / 3); });
  EXPECT_EQ(lumps.count, 7);
  EXPECT_NEAR(lumps.up_mb, 140, 5);
  EXPECT_TRUE(lumps.dominate());
}

TEST(Lumps, AreNotSeenInSteadyGrowth) {
  EXPECT_EQ(lumps_in([](double h) { return 10 * h; }).count, 0);
}

TEST(Lumps, DoNotDominateWhenTheyGoDownAgain) {
  const Lumps lumps = lumps_in([](double h) { return std::fmod(h, 6) < 3 ? 0 : 30; });
  EXPECT_FALSE(lumps.dominate());
}

TEST(Lumps, DoNotDominateWhenTheyCeased) {
  const Lumps lumps = lumps_in([](double h) { return 20 * std::floor(std::min(h, 6.0)); });
  EXPECT_FALSE(lumps.dominate());
}

TEST(Lumps, ThatBecomeRarerShowATrend) {
  EXPECT_LT(lumps_in([](double h) { return 40 * std::floor(std::sqrt(h) * 2); }).trend, -0.5);
}

TEST(Lumps, MakeTheRateAsUncertainAsTheyAreFew) {
  const auto width = [](const Lumps& lumps) {
    const Belief belief = lump_belief(lumps);
    return (belief.quantile(0.975) - belief.quantile(0.025)) / belief.mean();
  };
  EXPECT_GT(width({.count = 4, .net_mb = 100, .hours = 24, .unevenness = 2}),
            1.5 * width({.count = 16, .net_mb = 100, .hours = 24, .unevenness = 2}));
}

}  // namespace
}  // namespace tidemark::verdict
