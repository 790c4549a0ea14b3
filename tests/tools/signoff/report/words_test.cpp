#include "tools/signoff/report/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/tools/signoff/report/sample_result.h"
#include "tools/signoff/report/limit_graphic.h"

namespace tidemark::signoff {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr double kInfinite = std::numeric_limits<double>::infinity();

RuleResult sample_rule(std::size_t index) { return sample_result().rules.at(index); }

TEST(SignoffWords, AValueStandsWithItsInterval) {
  EXPECT_EQ(value_text(sample_rule(0)), "231.4 ms ± 8.6 ms");
  EXPECT_EQ(value_text(sample_rule(3)), "3.2 kB");  // exact
}

TEST(SignoffWords, AnUnevenIntervalIsToldByItsEnds) {
  RuleResult rule = sample_rule(4);
  rule.decision.low = 0.91;
  EXPECT_EQ(value_text(rule), "95.3 % (91 % to 96.71 %)");
}

TEST(SignoffWords, AnIntervalWithoutEndIsNotANumber) {
  RuleResult rule = sample_rule(0);
  rule.decision.low = -kInfinite;
  rule.decision.high = kInfinite;
  EXPECT_EQ(value_text(rule), "231.4 ms, spread not known");
  EXPECT_THAT(limit_graphic(rule), Not(HasSubstr("inf")));
}

TEST(SignoffWords, WhatWasNotMeasuredHasNoValue) {
  EXPECT_THAT(value_text(sample_rule(7)), IsEmpty());
  EXPECT_THAT(margin_text(sample_rule(7)), IsEmpty());
  EXPECT_THAT(limit_graphic(sample_rule(7)), IsEmpty());
  EXPECT_EQ(limit_text(sample_rule(7)), "< 30 s");
}

TEST(SignoffWords, AMarginSaysOnWhichSideItIs) {
  EXPECT_EQ(margin_text(sample_rule(0)), "7.7 standard errors beyond");
  EXPECT_EQ(margin_text(sample_rule(1)), "26 standard errors to spare");
  EXPECT_EQ(margin_text(sample_rule(3)), "exact");
}

TEST(SignoffWords, AWaiverSaysWhoAnswersForItAndWhetherItStillHolds) {
  EXPECT_EQ(waiver_text(sample_rule(2)),
            "waived by anna@example.org until 2027-01-31: the new index takes 2 MiB, agreed in the "
            "review of 1.4");
  EXPECT_EQ(waiver_text(sample_rule(3)),
            "the waiver by bob@example.org ended on 2026-10-31: fixed with the next release of "
            "libfoo");
  EXPECT_EQ(more_text(sample_rule(4)), "6 more runs would probably decide");
}

TEST(SignoffWords, ARehearsalIsNoSignOff) {
  EXPECT_EQ(verdict_of(rehearsal_result()), "Inconclusive (rehearsal)");
  EXPECT_THAT(rehearsal_text(rehearsal_result()), HasSubstr("at 1 % of the scale"));
  EXPECT_THAT(rehearsal_text(sample_result()), IsEmpty());
}

TEST(SignoffWords, ACampaignWithoutAnEndIsNotFinished) {
  SignoffResult result = passed_result();
  result.ended_ms = 0;
  result.state = State::kNotDone;
  EXPECT_EQ(verdict_of(result), "Not finished");
}

TEST(SignoffWords, TheScoreShowsItsArithmetic) {
  EXPECT_EQ(score_sum_text(sample_result().score),
            "The mean of 7 phases by weight gives 58.3 points; the hard rule p95@normal < 200ms "
            "failed and caps them at 49");
  EXPECT_EQ(score_sum_text(passed_result().score),
            "The mean of 3 phases by weight gives 100.0 points");
  const Score score{
      .rows = {{.what = "a", .weight = 6, .points = 0}, {.what = "b", .weight = 1, .points = 1}}};
  EXPECT_EQ(score_sum_text(score), "The mean of 2 phases by weight gives 14.2 points");
}

TEST(SignoffWords, TheWorstComesFirst) {
  EXPECT_EQ(
      tally_text(sample_result().rules),
      "2 failed, 1 not done, 1 inconclusive, 1 waived, 2 passed, 1 skipped, 1 not applicable");
  const SignoffResult result = sample_result();
  EXPECT_EQ(worst_first(result.rules).front()->state, State::kFailed);
  EXPECT_EQ(worst_first(result.rules).back()->state, State::kNotApplicable);
}

TEST(SignoffWords, APlaceIsFileLineAndColumn) {
  const Place place = place_of("a:b/budgets.toml:12:9");
  EXPECT_EQ(place.file, "a:b/budgets.toml");
  EXPECT_EQ(place.line, 12);
  EXPECT_EQ(place.column, 9);
  EXPECT_EQ(place_of("release.toml:40").line, 40);
  EXPECT_EQ(place_of("release.toml").file, "release.toml");
  EXPECT_EQ(place_of(":7").file, ":7");
}

}  // namespace
}  // namespace tidemark::signoff
