#include "lib/verdict/decision.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::verdict {
namespace {

// A day's run that grows by `mean` ± `sd` MB in 24 hours.
Evidence evidence(double mean, double sd) {
  return {.points = 90,
          .run_h = 24,
          .stretch_h = 23,
          .age_h = 24,
          .next_day = {.parts = {{.mean = mean, .sd = sd, .freedom = 80}}},
          .expected = mean,
          .not_straight = 0,
          .recent = {.parts = {{.mean = mean, .sd = sd}}},
          .calm_h = 24};
}

Decision last(const Evidence& e) { return decide(e, 50, Look::kLast, false); }

TEST(Decision, CertainGrowthIsALeak) { EXPECT_EQ(last(evidence(200, 5)).answer, Answer::kLeak); }

TEST(Decision, GrowthBelowTheGateForCertainIsNone) {
  EXPECT_EQ(last(evidence(0, 5)).answer, Answer::kNoLeak);
}

TEST(Decision, UncertainGrowthIsNotEnoughAndSaysHowMuchMore) {
  const Decision decision = last(evidence(60, 60));
  EXPECT_EQ(decision.answer, Answer::kNotEnough);
  EXPECT_GT(decision.more_h, 1);
}

TEST(Decision, WhatMayFillUpIsNoLeakYet) {
  Evidence e = evidence(200, 5);
  e.not_straight = 0.3;
  e.age_h = 6;
  const Decision decision = decide(e, 50, Look::kInterim, false);
  EXPECT_EQ(decision.answer, Answer::kNotEnough);
  EXPECT_EQ(decision.reason, Reason::kMayFillUp);
}

TEST(Decision, WhatSlowsDownForTooLongIsALeak) {
  Evidence e = evidence(200, 5);
  e.not_straight = 1;
  EXPECT_EQ(last(e).reason, Reason::kEndless);
}

TEST(Decision, AnInterimLookHasToBeSurer) {
  Evidence e = evidence(200, 5);
  e.not_straight = 0.01;
  e.age_h = 6;
  EXPECT_EQ(decide(e, 50, Look::kInterim, false).answer, Answer::kNotEnough);
  EXPECT_EQ(decide(e, 50, Look::kLast, false).answer, Answer::kLeak);
}

TEST(Decision, FallsCountAgainstGrowth) {
  Evidence e = evidence(200, 5);
  e.fallen_mb = 150;
  EXPECT_EQ(last(e).answer, Answer::kNotEnough);
}

TEST(Decision, GrowthThatWasNeverSeenIsNoLeak) {
  Evidence e = evidence(2000, 50);
  e.risen_mb = 100;
  e.risen_h = 20;
  EXPECT_EQ(last(e).answer, Answer::kNotEnough);
}

TEST(Decision, GrowthThatJustStoppedIsNotBoundedYet) {
  Evidence e = evidence(0, 5);
  e.bounded_mb = 300;
  e.calm_h = 0.5;
  EXPECT_EQ(last(e).answer, Answer::kNotEnough);
}

TEST(Decision, SmallGrowthThatDoesNotStopIsNotEnough) {
  const Decision decision = last(evidence(25, 1));
  EXPECT_EQ(decision.reason, Reason::kSmallButSteady);
  EXPECT_GT(decision.confidence, 0.3);
}

TEST(Decision, GrowthThatStoppedIsBounded) {
  Evidence e = evidence(0, 5);
  e.bounded_mb = 300;
  EXPECT_EQ(last(e).answer, Answer::kBounded);
}

TEST(Decision, GrowthThatStoppedWithTheLoadIsNotEnough) {
  Evidence e = evidence(0, 5);
  e.bounded_mb = 300;
  e.load_varies = true;
  e.busiest = 100;
  e.busiest_since = 40;
  EXPECT_EQ(last(e).reason, Reason::kLessLoad);
}

TEST(Decision, AnAlarmStandsWhileGrowthGoesOn) {
  Evidence e = evidence(200, 20);
  e.stretch_h = 1;
  e.age_h = 1;
  EXPECT_EQ(decide(e, 50, Look::kLast, false).answer, Answer::kNotEnough);
  EXPECT_EQ(decide(e, 50, Look::kLast, true).answer, Answer::kLeak);
}

}  // namespace
}  // namespace tidemark::verdict
