#include "tools/signoff/compare/contrast.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace tidemark::signoff {
namespace {

using ::testing::HasSubstr;

std::vector<Reading> readings(std::vector<double> values, double error = -1) {
  std::vector<Reading> all;
  for (const double value : values) all.push_back({.value = value, .error = error});
  return all;
}

TEST(Contrast, IsWelchsTest) {
  // R: t.test(c(103, 104, 102), c(100, 101, 99))
  const Contrast result = contrast(readings({100, 101, 99}), readings({103, 104, 102}));
  EXPECT_DOUBLE_EQ(result.difference, 3);
  EXPECT_NEAR(result.p_value, 0.02131, 1e-5);
  EXPECT_NEAR(result.low, 0.73304, 1e-4);
  EXPECT_NEAR(result.high, 5.26696, 1e-4);
}

TEST(Contrast, TakesFewerDegreesOfFreedomWhereOneSideVariesMore) {
  // R: t.test(c(12, 15, 9, 14), c(10, 10.1, 9.9, 10)): df = 3.0076, p = 0.1702
  const Contrast result = contrast(readings({10, 10.1, 9.9, 10}), readings({12, 15, 9, 14}));
  EXPECT_NEAR(result.p_value, 0.1550, 0.02);
}

TEST(Contrast, SaysTheDifferenceAsAShareOfTheFormer) {
  const Contrast result = contrast(readings({200, 202, 198}), readings({206, 208, 204}));
  EXPECT_NEAR(*result.relative, 0.03, 1e-12);
  EXPECT_LT(*result.relative_low, 0.03);
  EXPECT_GT(*result.relative_high, 0.03);
}

TEST(Contrast, HasNoShareOfNothing) {
  EXPECT_FALSE(contrast(readings({0, 0}), readings({5, 6})).relative);
}

TEST(Contrast, HasNoShareOfWhatMayBeNothing) {
  EXPECT_FALSE(contrast(readings({-5, 5.1, 1}), readings({50, 60, 55})).relative);
}

TEST(Contrast, EffectIsHedgesG) {
  // d = 3 / 1, less 1 - 3 / (4 * 6 - 9).
  const Contrast result = contrast(readings({100, 101, 99}), readings({103, 104, 102}));
  EXPECT_NEAR(*result.effect, 3 * (1 - 3.0 / 15), 1e-12);
}

TEST(Contrast, TakesTheErrorOfTheRunsWhereTheyAreAlikeByChance) {
  const double alone = contrast(readings({100, 100.1}), readings({101, 101.1})).p_value;
  const double noisy = contrast(readings({100, 100.1}, 2), readings({101, 101.1}, 2)).p_value;
  EXPECT_LT(alone, 0.02);
  EXPECT_GT(noisy, 0.3);
}

TEST(Contrast, OfSingleRunsTakesASpreadFromRunToRunForGranted) {
  const Contrast near = contrast(readings({100}, 0.1), readings({103}, 0.1));
  const Contrast far = contrast(readings({100}, 0.1), readings({120}, 0.1));
  EXPECT_GT(near.p_value, 0.05);
  EXPECT_LT(far.p_value, 1e-6);
  EXPECT_EQ(near.basis, Basis::kWithinRuns);
  EXPECT_THAT(basis_text(near), HasSubstr("1 run each"));
}

TEST(Contrast, OfSingleRunsThatDoNotTellTheirErrorTellsNothing) {
  const Contrast result = contrast(readings({100}), readings({500}));
  EXPECT_EQ(result.basis, Basis::kNone);
  EXPECT_DOUBLE_EQ(result.p_value, 1);
}

TEST(Contrast, TakesASingleRunToVaryAsTheOthersDo) {
  const Contrast inside = contrast(readings({100, 110, 90, 105}), readings({108}));
  const Contrast outside = contrast(readings({100, 110, 90, 105}), readings({160}));
  EXPECT_EQ(inside.basis, Basis::kOneSide);
  EXPECT_GT(inside.p_value, 0.3);
  EXPECT_LT(outside.p_value, 0.02);
}

TEST(Contrast, OfNumbersWithoutAnySpreadIsAsFineAsCountsAre) {
  EXPECT_GT(contrast(readings({8, 8, 8}), readings({9, 9, 9})).p_value, 0.1);
  EXPECT_LT(contrast(readings({0, 0, 0}), readings({10192, 10192, 10192})).p_value, 1e-9);
}

TEST(Contrast, OfEqualNumbersIsNothing) {
  EXPECT_DOUBLE_EQ(contrast(readings({8, 8}), readings({8, 8})).p_value, 1);
}

TEST(ExactContrast, IsCertain) {
  const Contrast result = exact_contrast(readings({0}), readings({3200}));
  EXPECT_EQ(result.basis, Basis::kExact);
  EXPECT_DOUBLE_EQ(result.p_value, 0);
}

TEST(ExactContrast, OfRepetitionsThatDifferHasChanceInIt) {
  const Contrast result = exact_contrast(readings({100, 120}), readings({110, 130}));
  EXPECT_EQ(result.basis, Basis::kBetweenRuns);
  EXPECT_GT(result.p_value, 0.3);
}

TEST(ShareContrast, KnowsThatNoFailureInAThousandIsNotNone) {
  const std::vector<Happenings> none = {{.share = 0, .trials = 1000}};
  const std::vector<Happenings> three = {{.share = 0.003, .trials = 1000}};
  const std::vector<Happenings> many = {{.share = 0.05, .trials = 1000}};
  EXPECT_GT(share_contrast(none, three).p_value, 0.1);
  EXPECT_LT(share_contrast(none, many).p_value, 1e-6);
}

TEST(ShareContrast, StaysBetweenNothingAndAll) {
  const std::vector<Happenings> none = {{.share = 0, .trials = 10}};
  const std::vector<Happenings> all = {{.share = 1, .trials = 10}};
  const Contrast result = share_contrast(none, all);
  EXPECT_GE(result.before.low, 0);
  EXPECT_LE(result.after.high, 1);
}

TEST(TOf95, IsStudents) {
  EXPECT_NEAR(t_of_95(1), 12.7062, 1e-4);
  EXPECT_NEAR(t_of_95(4), 2.77645, 1e-5);
  EXPECT_NEAR(t_of_95(30), 2.04227, 1e-5);
  EXPECT_NEAR(t_of_95(0), 1.95996, 1e-5);
}

// The interval holds the true difference as often as it says.
TEST(Contrast, IntervalsHoldTheTruthInAtLeast95Of100) {
  std::mt19937_64 random(20261122);
  std::normal_distribution<double> noise(0, 1);
  constexpr int kTrials = 4000;
  int held = 0;
  for (int i = 0; i < kTrials; ++i) {
    std::vector<double> before;
    std::vector<double> after;
    for (int run = 0; run < 4; ++run) {
      before.push_back(100 + noise(random));
      after.push_back(103 + 2 * noise(random));
    }
    const Contrast result = contrast(readings(before), readings(after));
    if (result.low <= 3 && 3 <= result.high) ++held;
  }
  EXPECT_GE(held, kTrials * 94 / 100);
  EXPECT_LE(held, kTrials * 98 / 100);
}

// What is taken for granted from run to run outweighs what few readings show by themselves.
TEST(Contrast, OfTwoRunsIsNoLessSureForKnowingItsOwnErrorBadly) {
  const Reading known{.value = 1000, .error = 1e-9, .freedom = 2};
  const Reading other{.value = 2000, .error = 1e-9, .freedom = 2};
  const Contrast result = contrast({&known, 1}, {&other, 1});
  EXPECT_NEAR(result.before.high, 1039, 1);
  EXPECT_NEAR(result.low, 912, 2);
  EXPECT_LT(result.p_value, 1e-6);
}

}  // namespace
}  // namespace tidemark::signoff
