#include "lib/analyze/survival.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <vector>

#include "lib/analyze/site_growth.h"
#include "tests/lib/analyze/simulated_blocks.h"

namespace tidemark {
namespace {

using simulated::exponential;
using simulated::immortal;
using simulated::kRunSeconds;
using simulated::Seen;
using simulated::weibull;

// 4 blocks, two of which die: what a pencil gives.
TEST(Survival, IsTheProductOfTheSharesThatSurvive) {
  const std::vector<Lifetime> lifetimes = {{.low_s = 11, .high_s = 11.5},
                                           {.low_s = 21, .high_s = 21.5},
                                           {.low_s = 39, .high_s = kStillAlive, .count = 6}};
  const Survival survival = survival_of(lifetimes, 40);
  EXPECT_EQ(survival.blocks, 8);
  EXPECT_EQ(survival.deaths, 2);
  EXPECT_DOUBLE_EQ(survival.at(11).share, 1);
  EXPECT_DOUBLE_EQ(survival.at(13).share, 7.0 / 8);
  EXPECT_DOUBLE_EQ(survival.at(30).share, 7.0 / 8 * 6 / 7);
}

TEST(Survival, CountsWhoIsCensoredInAnIntervalForHalf) {
  const std::vector<Lifetime> lifetimes = {{.low_s = 10.2, .high_s = 10.4, .count = 3},
                                           {.low_s = 10.5, .high_s = kStillAlive, .count = 4},
                                           {.low_s = 30, .high_s = kStillAlive, .count = 5}};
  EXPECT_DOUBLE_EQ(survival_of(lifetimes, 40).at(11).share, 1 - 3.0 / (12 - 2));
}

// Greenwood's variance of 1 - 3/10 with nobody censored is 0.7 * 0.3 / 10.
TEST(Survival, HasWilsonsIntervalOfABinomialShareWhenNobodyIsCensored) {
  const std::vector<Lifetime> lifetimes = {{.low_s = 5.1, .high_s = 5.2, .count = 3},
                                           {.low_s = 40, .high_s = kStillAlive, .count = 7}};
  const SurvivalStep step = survival_of(lifetimes, 40).at(20);
  EXPECT_NEAR(step.low, 0.397, 0.001);  // R: binom::binom.wilson(7, 10)
  EXPECT_NEAR(step.high, 0.892, 0.001);
}

TEST(Survival, SpreadsADeathOverTheIntervalThatItIsIn) {
  const std::vector<Lifetime> lifetimes = {{.low_s = 10, .high_s = 20, .count = 10},
                                           {.low_s = 40, .high_s = kStillAlive, .count = 10}};
  EXPECT_NEAR(survival_of(lifetimes, 40).at(15).share, 0.75, 1e-9);
}

TEST(Survival, IsNotSureThatNobodyDiesWhenFewWereWatched) {
  const std::vector<Lifetime> few = {{.low_s = 40, .high_s = kStillAlive, .count = 5}};
  const std::vector<Lifetime> many = {{.low_s = 40, .high_s = kStillAlive, .count = 500}};
  EXPECT_LT(survival_of(few, 40).at(30).low, 0.6);
  EXPECT_GT(survival_of(many, 40).at(30).low, 0.99);
}

TEST(Survival, OfNothingHasNoSteps) {
  EXPECT_THAT(survival_of({}, 40).steps, testing::IsEmpty());
  EXPECT_EQ(fate_of(survival_of({}, 40), true), Fate::kUnknown);
}

// How often out of 400 the true share at half of the time lies in the band.
double coverage(const simulated::Site& site, double truth) {
  std::mt19937_64 random(3);
  int inside = 0;
  for (int i = 0; i < 400; ++i) {
    const Survival survival = survival_of(simulated::watch(site, random).lifetimes, kRunSeconds);
    const SurvivalStep& step = survival.at(kRunSeconds / 2);
    if (step.low <= truth && truth <= step.high) ++inside;
  }
  return inside / 400.0;
}

TEST(Survival, CoversTheTrueShare) {
  EXPECT_NEAR(coverage({.blocks_per_run = 100, .lifetime = exponential(0.5)}, std::exp(-1)), 0.95,
              0.03);
  EXPECT_NEAR(coverage({.blocks_per_run = 300, .lifetime = weibull(0.5, 0.3)},
                       std::exp(-std::sqrt(0.5 / 0.3))),
              0.95, 0.03);
  EXPECT_NEAR(coverage({.blocks_per_run = 200, .lifetime = immortal(0.3, 0.05)}, 0.3), 0.95, 0.03);
}

// The fates that 200 sites of a kind, watched together, come to; as shares.
std::map<Fate, double> fates_of(const simulated::Site& site, std::uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  std::vector<SiteSeries> sites;
  std::vector<Seen> seen;
  for (int i = 0; i < 200; ++i) {
    seen.push_back(simulated::watch(site, random));
    sites.push_back(
        {.fingerprint = std::to_string(i), .place = {}, .stack = {}, .points = seen.back().points});
  }
  std::map<Fate, double> shares;
  for (const SiteGrowth& growth : growing_sites(std::move(sites))) {
    const Seen& one = seen[std::stoul(growth.site.fingerprint)];
    const Survival survival = survival_of(one.lifetimes, kRunSeconds);
    shares[fate_of(survival, growth.trend == SiteTrend::kGrows)] += 1.0 / 200;
  }
  return shares;
}

double share_of(Fate fate, const simulated::Site& site) { return fates_of(site)[fate]; }

TEST(Fate, IsLeakOfWhatIsNeverFreed) {
  EXPECT_GE(share_of(Fate::kLeak, {.blocks_per_run = 60, .lifetime = immortal(1, 1)}), 0.95);
  EXPECT_GE(share_of(Fate::kLeak, {.blocks_per_run = 2000, .lifetime = immortal(1, 1)}), 0.95);
}

TEST(Fate, IsLeakWhenOnlyAPartIsNeverFreed) {
  EXPECT_GE(share_of(Fate::kLeak, {.blocks_per_run = 200, .lifetime = immortal(0.5, 0.02)}), 0.95);
  EXPECT_GE(share_of(Fate::kLeak, {.blocks_per_run = 400, .lifetime = immortal(0.5, 0.1)}), 0.95);
  EXPECT_GE(share_of(Fate::kLeak, {.blocks_per_run = 2000, .lifetime = immortal(0.1, 0.02)}), 0.95);
}

TEST(Fate, IsCacheOfWhatIsEvictedOnceItIsFull) {
  for (const double full_at : {0.2, 0.5, 0.7, 0.8}) {
    const auto capacity = static_cast<std::size_t>(400 * full_at);
    EXPECT_GE(share_of(Fate::kCache, {.blocks_per_run = 400, .capacity = capacity}), 0.95)
        << full_at;
  }
}

TEST(Fate, IsHardlyEverLeakOfACacheThatWasFullForATenthOfTheTime) {
  EXPECT_LE(share_of(Fate::kLeak, {.blocks_per_run = 400, .capacity = 360}), 0.05);
}

TEST(Fate, IsCacheOfWhatLivesLongAndIsReplaced) {
  EXPECT_GE(share_of(Fate::kCache, {.blocks_per_run = 120, .lifetime = exponential(0.1)}), 0.95);
  EXPECT_GE(share_of(Fate::kCache, {.blocks_per_run = 400, .lifetime = exponential(0.5)}), 0.95);
  EXPECT_GE(share_of(Fate::kCache, {.blocks_per_run = 60, .lifetime = weibull(3, 0.3)}), 0.95);
}

TEST(Fate, IsTheSameForWhatWasThereBefore) {
  EXPECT_GE(share_of(Fate::kCache,
                     {.blocks_per_run = 400, .lifetime = exponential(0.3), .runs_before = 3}),
            0.95);
}

TEST(Fate, IsTemporaryOfWhatDiesYoung) {
  EXPECT_GE(share_of(Fate::kTemporary, {.blocks_per_run = 400, .lifetime = exponential(0.01)}),
            0.95);
  EXPECT_GE(share_of(Fate::kTemporary, {.blocks_per_run = 4000, .lifetime = weibull(0.5, 0.002)}),
            0.95);
}

TEST(Fate, IsStaysOfWhatIsMadeOnce) {
  EXPECT_GE(
      share_of(Fate::kStays, {.blocks_per_run = 400, .lifetime = immortal(1, 1), .until = 0.3}),
      0.95);
}

// Neither leak nor cache, whatever it looks like: nobody can know.
TEST(Fate, IsUnknownWhileTheyLiveAsLongAsIsWatched) {
  EXPECT_GE(share_of(Fate::kUnknown, {.blocks_per_run = 400, .lifetime = exponential(1)}), 0.95);
  EXPECT_GE(share_of(Fate::kUnknown, {.blocks_per_run = 400, .lifetime = exponential(2)}), 0.95);
}

TEST(Fate, IsUnknownWithFewBlocks) {
  EXPECT_GE(share_of(Fate::kUnknown, {.blocks_per_run = 15, .lifetime = immortal(1, 1)}), 0.95);
  EXPECT_LE(share_of(Fate::kLeak, {.blocks_per_run = 30, .lifetime = immortal(0.5, 0.1)}), 0.05);
}

}  // namespace
}  // namespace tidemark
