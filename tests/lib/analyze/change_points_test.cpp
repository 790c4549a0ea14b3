#include "lib/analyze/change_points.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace tidemark {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Random = std::mt19937_64;

// Normal noise; std::normal_distribution differs from one library to the next.
double normal(Random& random) {
  double sum = 0;
  for (int i = 0; i < 12; ++i) sum += static_cast<double>(random() >> 11) / 0x1p53;
  return sum - 6;
}

// Noise with heavy tails: Student's t with 4 degrees of freedom.
double heavy(Random& random) {
  double squares = 0;
  for (int i = 0; i < 4; ++i) squares += std::pow(normal(random), 2);
  return normal(random) / std::sqrt(squares / 4);
}

std::vector<VersionValue> series(std::size_t size,
                                 const std::function<double(std::size_t)>& value) {
  std::vector<VersionValue> out;
  for (std::size_t i = 0; i < size; ++i) out.push_back({.value = value(i)});
  return out;
}

struct Counted {
  int steps = 0;   // series with a step
  int creeps = 0;  // with a creep
};

Counted in_noise(std::size_t size, int times, double (*noise)(Random&), double carried = 0) {
  Counted counted;
  Random random(5);
  for (int i = 0; i < times; ++i) {
    double last = 0;
    const ChangePoints found = find_changes(series(size, [&](std::size_t) {
      last = carried * last + noise(random);
      return 100 + last;
    }));
    if (!found.steps.empty()) ++counted.steps;
    if (found.creep) ++counted.creeps;
  }
  return counted;
}

TEST(ChangePoints, NoiseAloneIsQuiet) {
  for (const std::size_t size : {6U, 10U, 25U, 60U}) {
    const Counted counted = in_noise(size, 400, normal);
    EXPECT_LE(counted.steps + counted.creeps, 20) << counted.steps << " " << counted.creeps << size;
  }
}

TEST(ChangePoints, NoiseWithHeavyTailsIsQuiet) {
  const Counted counted = in_noise(60, 400, heavy);
  EXPECT_LE(counted.steps + counted.creeps, 20) << counted.steps << " " << counted.creeps;
}

// Nights of one machine are a bit like the nights before.
TEST(ChangePoints, NoiseThatGoesTogetherIsNearlyQuiet) {
  const Counted counted = in_noise(60, 400, normal, 0.3);
  EXPECT_LE(counted.steps + counted.creeps, 32) << counted.steps << " " << counted.creeps;
}

TEST(ChangePoints, AStepOfThreeDeviationsIsFoundWhereItIs) {
  Random random(9);
  int alone = 0;
  int exactly = 0;
  int in_range = 0;
  int size_right = 0;
  for (int i = 0; i < 200; ++i) {
    const ChangePoints found = find_changes(
        series(60, [&](std::size_t at) { return (at < 40 ? 100 : 106) + 2 * normal(random); }));
    if (found.steps.size() != 1 || found.creep) continue;
    const Step& step = found.steps[0];
    ++alone;
    exactly += step.first == 40 ? 1 : 0;
    in_range += step.after < 40 && 40 <= step.by ? 1 : 0;
    size_right += step.low <= 6 && 6 <= step.high ? 1 : 0;
  }
  EXPECT_GE(alone, 185);
  EXPECT_GE(exactly, 150);
  EXPECT_GE(in_range, alone * 92 / 100);
  EXPECT_GE(size_right, alone * 92 / 100);
}

TEST(ChangePoints, ACreepOfWhichNoStepIsSignificantIsFound) {
  Random random(9);
  int creeps = 0;
  int near = 0;
  for (int i = 0; i < 100; ++i) {
    const ChangePoints found = find_changes(series(48, [&](std::size_t at) {
      return 100 + 0.4 * (at < 24 ? 0.0 : static_cast<double>(at - 23)) + normal(random);
    }));
    if (!found.creep || !found.steps.empty()) continue;
    ++creeps;
    near += found.creep->low <= 9.6 && 9.6 <= found.creep->high ? 1 : 0;
  }
  EXPECT_GE(creeps, 85);
  EXPECT_GE(near, 75);
}

TEST(ChangePoints, ACreepBesideAStepIsFound) {
  Random random(3);
  const ChangePoints found = find_changes(series(80, [&](std::size_t at) {
    return 100 + (at < 20 ? 0 : 12) + 0.4 * (at < 40 ? 0.0 : static_cast<double>(at - 39)) +
           normal(random);
  }));
  ASSERT_EQ(found.steps.size(), 1U);
  EXPECT_NEAR(static_cast<double>(found.steps[0].first), 20, 1);
  EXPECT_NEAR(found.steps[0].change, 12, 1.5);
  ASSERT_TRUE(found.creep);
  EXPECT_NEAR(found.creep->change, 16, 2);
}

std::vector<std::size_t> firsts(const ChangePoints& found) {
  std::vector<std::size_t> out;
  for (const Step& step : found.steps) out.push_back(step.first);
  return out;
}

TEST(ChangePoints, OneBadNightIsNoStep) {
  Random random(3);
  for (const std::size_t bad : {0U, 1U, 20U, 38U, 39U}) {
    const ChangePoints found = find_changes(
        series(40, [&](std::size_t at) { return 100 + normal(random) + (at == bad ? 30 : 0); }));
    EXPECT_THAT(firsts(found), IsEmpty()) << bad;
    EXPECT_FALSE(found.creep) << bad;
    EXPECT_THAT(found.outliers, ElementsAre(bad));
  }
}

TEST(ChangePoints, TwoNightsAtTheEndAreEnoughForALargeStep) {
  Random random(3);
  const ChangePoints found = find_changes(
      series(40, [&](std::size_t at) { return 100 + normal(random) + (at >= 38 ? 12 : 0); }));
  EXPECT_THAT(firsts(found), ElementsAre(38));
}

TEST(ChangePoints, UpAndDownAgainAreTwoSteps) {
  Random random(3);
  const ChangePoints found = find_changes(series(
      60, [&](std::size_t at) { return 100 + normal(random) + (at >= 20 && at < 30 ? 6 : 0); }));
  EXPECT_THAT(firsts(found), ElementsAre(20, 30));
  EXPECT_GT(found.steps.at(0).change, 4);
  EXPECT_LT(found.steps.at(1).change, -4);
}

TEST(ChangePoints, ExactCountsChangeExactly) {
  const ChangePoints found =
      find_changes(series(20, [](std::size_t at) { return at < 12 ? 0.0 : 3.0; }));
  ASSERT_THAT(firsts(found), ElementsAre(12));
  const Step& step = found.steps[0];
  EXPECT_EQ(step.after, 11U);
  EXPECT_EQ(step.by, 12U);
  EXPECT_NEAR(step.from, 0, 1e-9);
  EXPECT_NEAR(step.change, 3, 1e-9);
  EXPECT_NEAR(step.high - step.low, 0, 1e-9);
}

TEST(ChangePoints, WhatNeverChangesHasNoChange) {
  for (const double level : {0.0, 1e18, -4.0}) {
    const ChangePoints found = find_changes(series(30, [&](std::size_t) { return level; }));
    EXPECT_THAT(firsts(found), IsEmpty());
    EXPECT_FALSE(found.creep);
    EXPECT_EQ(found.noise, 0);
  }
}

TEST(ChangePoints, WhatTheVersionsAreUnsureOfIsNoStep) {
  std::vector<VersionValue> values = series(
      20, [](std::size_t at) { return (at < 10 ? 100 : 103) + static_cast<double>(at % 2); });
  EXPECT_EQ(find_changes(values).steps.size(), 1U);
  for (VersionValue& one : values) one.error = 5;
  EXPECT_THAT(find_changes(values).steps, IsEmpty());
}

TEST(ChangePoints, FewVersionsSaySo) {
  const ChangePoints found =
      find_changes(series(5, [](std::size_t at) { return at < 2 ? 1.0 : 100.0; }));
  EXPECT_TRUE(found.too_few);
  EXPECT_THAT(found.steps, IsEmpty());
  EXPECT_EQ(found.fitted.size(), 5U);
  EXPECT_TRUE(find_changes({}).too_few);
}

TEST(ChangePoints, TheSizeOfTheNumbersDoesNotMatter) {
  for (const double unit : {1e-12, 1e12}) {
    Random random(3);
    const ChangePoints found = find_changes(series(
        40, [&](std::size_t at) { return unit * (1000 + normal(random) + (at >= 25 ? 8 : 0)); }));
    ASSERT_THAT(firsts(found), ElementsAre(25));
    EXPECT_NEAR(found.steps[0].change / unit, 8, 1.5);
  }
}

TEST(ChangePoints, AThousandVersionsWithManyChangesTakeASecond) {
  Random random(3);
  const ChangePoints found = find_changes(series(
      1000, [&](std::size_t at) { return 100 + (at / 50 % 2 == 0 ? 0 : 8) + normal(random); }));
  EXPECT_EQ(found.steps.size(), 19U);
}

}  // namespace
}  // namespace tidemark
