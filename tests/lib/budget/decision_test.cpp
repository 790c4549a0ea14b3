#include "lib/budget/decision.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace tidemark::budget {
namespace {

using testing::HasSubstr;

constexpr double kMs = 1e6;

std::vector<Measure> measures(std::initializer_list<double> values, const Measure& like = {}) {
  std::vector<Measure> all;
  for (const double value : values) {
    all.push_back(like);
    all.back().value = value;
  }
  return all;
}

Decision decided(std::string_view rule, const std::vector<Measure>& runs,
                 const std::vector<Measure>& baseline = {}) {
  const Rule parsed = parse_rule(rule, "limit");
  Evidence evidence{.runs = runs, .baseline = baseline};
  for (Measure& run : evidence.runs) run.unit = parsed.unit;
  for (Measure& run : evidence.baseline) run.unit = parsed.unit;
  return decide(parsed, evidence);
}

std::vector<Measure> exact(std::initializer_list<double> values) {
  return measures(values, {.exact = true});
}

TEST(Decision, OfExactCountsIsWhatTheyAre) {
  EXPECT_EQ(decided("leaks.bytes == 0", exact({0})).answer, Answer::kPass);
  EXPECT_EQ(decided("leaks.bytes == 0", exact({0})).why,
            "leaks.bytes 0 bytes (1 run) is exactly the limit of 0 bytes");
  const Decision leaks = decided("leaks.bytes == 0", exact({300, 300}));
  EXPECT_EQ(leaks.answer, Answer::kFail);
  EXPECT_EQ(leaks.standard_error, 0);
  EXPECT_EQ(leaks.margin, 0);
  EXPECT_EQ(leaks.why, "leaks.bytes 300 bytes (2 runs) is above the limit of 0 bytes");
  EXPECT_EQ(decided("knee >= 16", exact({16})).answer, Answer::kPass);
  EXPECT_EQ(decided("knee > 16", exact({16})).why,
            "knee 16 (1 run) is exactly the limit of 16, which it must not reach");
}

TEST(Decision, OfExactCountsThatDifferIsThatOfTheWorst) {
  const Decision decision = decided("leaks.blocks == 0", exact({0, 3, 0}));
  EXPECT_EQ(decision.answer, Answer::kFail);
  EXPECT_EQ(decision.value, 3);
  EXPECT_EQ(decision.why, "leaks.blocks 3 (the worst of 3 runs) is above the limit of 0");
}

TEST(Decision, OfExactCountsKeepsTheirNumberHoweverManyRunsThereAre) {
  const Decision decision = decided("leaks.blocks <= 7", exact({7, 7, 7, 7, 7, 7, 7, 7, 7, 7}));
  EXPECT_EQ(decision.answer, Answer::kPass);
  EXPECT_EQ(decision.value, 7);
  EXPECT_EQ(decision.standard_error, 0);
}

TEST(Decision, OfExactCountsThatMustBeTheBaselinesIsThatOfTheFarthest) {
  EXPECT_EQ(decided("threads.peak == baseline", exact({3, 5}), exact({5})).answer, Answer::kFail);
  EXPECT_EQ(decided("threads.peak == baseline", exact({5, 5}), exact({5})).answer, Answer::kPass);
}

TEST(Decision, OfExactCountsMayFollowABaseline) {
  EXPECT_EQ(decided("leaks.bytes <= baseline", exact({300}), exact({300, 300})).answer,
            Answer::kPass);
  EXPECT_EQ(decided("leaks.bytes <= baseline", exact({301}), exact({300})).answer, Answer::kFail);
}

TEST(Decision, WithoutANumberIsNone) {
  const Decision none = decided("p95 < 1s", {});
  EXPECT_EQ(none.answer, Answer::kNotMeasured);
  EXPECT_EQ(none.why, "no run measured p95");
  EXPECT_EQ(decided("p95 < 1s", measures({NAN, INFINITY})).answer, Answer::kNotMeasured);
  const Decision excused = decided("p95 < 1s", {{.not_applicable = "memcheck slows it down"}});
  EXPECT_EQ(excused.answer, Answer::kNotApplicable);
  EXPECT_EQ(excused.why, "memcheck slows it down");
}

TEST(Decision, LeavesOutARunWithoutANumberAndSaysSo) {
  const Decision decision = decided("p95 < 200ms", measures({99 * kMs, 100 * kMs, 101 * kMs, NAN}));
  EXPECT_EQ(decision.answer, Answer::kPass);
  EXPECT_EQ(decision.runs, 3);
  EXPECT_THAT(decision.why, HasSubstr("(3 runs; 1 more gave no number)"));
}

TEST(Decision, OfARelativeRuleNeedsABaseline) {
  EXPECT_EQ(decided("rss.peak <= baseline", measures({100})).answer, Answer::kNotApplicable);
  const Decision lacking = decided("rss.peak <= baseline", measures({100}), measures({NAN}));
  EXPECT_EQ(lacking.answer, Answer::kInconclusive);
  EXPECT_EQ(lacking.why, "the baseline has no number for rss.peak");
}

TEST(Decision, OfOneNoisyRunIsMadeOnlyWhenItIsClearByFar) {
  EXPECT_EQ(decided("p95 < 200ms", measures({183 * kMs})).answer, Answer::kInconclusive);
  EXPECT_EQ(decided("p95 < 200ms", measures({40 * kMs})).answer, Answer::kPass);
  EXPECT_EQ(decided("p95 < 200ms", measures({2'000 * kMs})).answer, Answer::kFail);
  EXPECT_THAT(decided("p95 < 200ms", measures({40 * kMs})).why,
              HasSubstr("1 run, taking runs to differ by 15 %"));
}

TEST(Decision, OfOneRunTakesItsOwnErrorBesides) {
  const Decision sure = decided("rss.peak < 100MB", measures({90e6}, {.error = 1e5}));
  EXPECT_EQ(sure.answer, Answer::kPass);
  const Decision unsure = decided("rss.peak < 100MB", measures({90e6}, {.error = 10e6}));
  EXPECT_EQ(unsure.answer, Answer::kInconclusive);
}

// 101 +- 4.30265 * sqrt(7 / 3): Student for 2 degrees of freedom.
TEST(Decision, OfThreeRunsIsStudents) {
  const Decision decision = decided("fds.peak < 108", measures({99, 100, 104}));
  EXPECT_DOUBLE_EQ(decision.value, 101);
  EXPECT_NEAR(decision.low, 94.4276, 1e-3);
  EXPECT_NEAR(decision.high, 107.5724, 1e-3);
  EXPECT_NEAR(decision.standard_error, 1.527525, 1e-5);
  EXPECT_NEAR(decision.margin, 7 / 1.527525, 1e-4);
  EXPECT_EQ(decision.answer, Answer::kPass);
  EXPECT_EQ(decided("fds.peak < 107", measures({99, 100, 104})).answer, Answer::kInconclusive);
  EXPECT_EQ(decided("fds.peak < 94", measures({99, 100, 104})).answer, Answer::kFail);
}

TEST(Decision, WhenRunsAgreeBetterThanTheyCanKnowTakesTheirOwnError) {
  const Decision decision = decided("fds.peak < 102", measures({100, 100, 100}, {.error = 3}));
  EXPECT_NEAR(decision.standard_error, 3 / std::sqrt(3), 1e-9);
  EXPECT_EQ(decision.answer, Answer::kInconclusive);
}

TEST(Decision, OfRunsThatAreAllTheSameIsExact) {
  const Decision decision = decided("threads.peak <= 12", measures({12, 12, 12}));
  EXPECT_EQ(decision.answer, Answer::kPass);
  EXPECT_EQ(decision.standard_error, 0);
  EXPECT_EQ(decided("threads.peak <= 12", measures({12})).answer, Answer::kInconclusive);
  EXPECT_EQ(decided("swap.peak == 0", measures({0})).answer, Answer::kPass);
}

TEST(Decision, HonoursTheSideOfAnIntervalTowardsTheLimit) {
  const Measure like{.error = 1, .low = 99, .high = 140};
  const Decision near = decided("fds.peak < 120", measures({100}, like));
  EXPECT_EQ(near.answer, Answer::kInconclusive);
  EXPECT_GT(near.high - near.value, 2 * (near.value - near.low));
  EXPECT_EQ(decided("fds.peak > 80", measures({100}, like)).answer, Answer::kPass);
}

TEST(Decision, TakesTheSpreadOfFormerNights) {
  const Rule rule = parse_rule("p95 < 200ms", "");
  Evidence evidence{.runs = measures({190 * kMs}, {.unit = Unit::kNanoseconds}),
                    .spread = Spread{.relative = 0.01, .freedom = 20, .source = "20 nights"}};
  const Decision decision = decide(rule, evidence);
  EXPECT_EQ(decision.answer, Answer::kPass);
  EXPECT_NEAR(decision.standard_error, 1.9 * kMs, 1);
  EXPECT_EQ(decision.why,
            "p95 190 ms ± 4 ms (1 run, with the spread of 20 nights) is below the limit of 200 ms "
            "by 5.3 standard errors");
}

TEST(Decision, DoesNotTrustFormerNightsThatTonightContradicts) {
  const Rule rule = parse_rule("rss.peak < 103MB", "");
  Evidence evidence{.runs = measures({90e6, 100e6, 110e6}),
                    .spread = Spread{.relative = 0.001, .freedom = 30, .source = "30 nights"}};
  const Decision decision = decide(rule, evidence);
  EXPECT_EQ(decision.answer, Answer::kInconclusive);
  EXPECT_NEAR(decision.standard_error, 10e6 / std::sqrt(3), 1);
}

TEST(Decision, OfSharesIsClopperAndPearsons) {
  const Measure run{.trials = 10'000};
  const Decision decision = decided("errors < 1%", measures({0.0042, 0.0042, 0.0042}, run));
  EXPECT_DOUBLE_EQ(decision.value, 0.0042);
  // Of which 126 or more, and 126 or fewer, in 30,000 have 2.5 %, by summing the binomial.
  EXPECT_NEAR(decision.low, 0.0034998822, 1e-9);
  EXPECT_NEAR(decision.high, 0.0049986317, 1e-9);
  EXPECT_EQ(decision.answer, Answer::kPass);
  EXPECT_EQ(decision.why,
            "errors 0.42 % (126 of 30,000 in 3 runs; 0.35 % to 0.5 %) is below the limit of 1 % by "
            "14.2 standard errors");
}

TEST(Decision, OfSharesOfWhichNothingFailedIsNoCertainty) {
  // 3 of the number of trials is the rule of thumb.
  EXPECT_NEAR(decided("errors < 1%", measures({0}, {.trials = 1'000})).high, 0.00368, 1e-5);
  EXPECT_EQ(decided("errors < 1%", measures({0}, {.trials = 1'000})).answer, Answer::kPass);
  EXPECT_EQ(decided("errors < 1%", measures({0}, {.trials = 100})).answer, Answer::kInconclusive);
}

TEST(Decision, OfSharesWhoseRunsDifferIsWider) {
  const Measure run{.trials = 10'000};
  const Decision same = decided("errors < 1%", measures({0.004, 0.004, 0.004, 0.004}, run));
  const Decision other = decided("errors < 1%", measures({0.001, 0.007, 0.002, 0.006}, run));
  EXPECT_EQ(same.answer, Answer::kPass);
  EXPECT_EQ(other.answer, Answer::kInconclusive);
  EXPECT_GT(other.high, same.high);
}

TEST(Decision, OfSharesThatFailInBunchesIsWider) {
  const auto high = [](double error) {
    return decided("errors < 1%", measures({0.004}, {.error = error, .trials = 10'000})).high;
  };
  EXPECT_DOUBLE_EQ(high(0.0001), high(-1));
  EXPECT_GT(high(0.002), high(-1) + 0.001);
}

TEST(Decision, OfALimitOfNoneIsWhatHappened) {
  const Measure run{.trials = 1'000};
  EXPECT_EQ(decided("errors == 0", measures({0, 0}, run)).answer, Answer::kPass);
  EXPECT_EQ(decided("errors <= 0%", measures({0, 0.001}, run)).answer, Answer::kFail);
  EXPECT_EQ(decided("connected >= 100%", measures({1}, run)).answer, Answer::kPass);
}

TEST(Decision, OfGrowthThatDoesNotSayHowSureItIsIsNone) {
  const Decision blind = decided("growth < 50MB/24h", measures({0}));
  EXPECT_EQ(blind.answer, Answer::kInconclusive);
  EXPECT_EQ(decided("growth < 50MB/24h", measures({0}, {.error = 1e6})).answer, Answer::kPass);
  EXPECT_EQ(decided("growth < 50MB/24h", measures({0}, {.error = 40e6})).answer,
            Answer::kInconclusive);
}

// Both variances are 1: 3 / sqrt(1 / 3 + 1 / 3).
TEST(Decision, OfTwoGrowthsThatDoNotSayHowSureTheyAreIsNone) {
  EXPECT_EQ(decided("growth < 50MB/24h", measures({0, 0})).answer, Answer::kInconclusive);
  EXPECT_EQ(decided("growth < 50MB/24h", measures({1e6, 1e6, 1.1e6})).answer, Answer::kPass);
}

TEST(Decision, OfARecoveryThatNeverCameFailsOnceItWasWaitedForLongEnough) {
  const auto never = [](double waited_s) {
    return std::vector<Measure>{{.value = waited_s * 1e9, .at_least = true}};
  };
  EXPECT_EQ(decided("recover < 30s", never(600)).answer, Answer::kFail);
  EXPECT_EQ(decided("recover < 30s", never(31)).answer, Answer::kFail);
  EXPECT_EQ(decided("recover < 30s", never(10)).answer, Answer::kInconclusive);
}

TEST(Decision, OfARecoveryThatDidNotComeInOneOfThreeRunsIsNoPass) {
  std::vector<Measure> runs = measures({5e9, 5.1e9});
  runs.push_back({.value = 600e9, .at_least = true});
  const Decision decision = decided("recover < 30s", runs);
  EXPECT_EQ(decision.answer, Answer::kFail);
  EXPECT_EQ(decision.why,
            "recover had not come to its end after 600 s (1 of 3 runs), and the limit is 30 s");
}

TEST(Decision, AShareMoreThanABaselineThatShrinksIsMoreNotLess) {
  const std::vector<Measure> shrank = measures({-10e6}, {.error = 1e4});
  EXPECT_EQ(decided("growth <= baseline + 20%", shrank, shrank).limit, -8e6);
  EXPECT_EQ(decided("growth <= baseline * 1.2", shrank, shrank).limit, -8e6);
  EXPECT_EQ(decided("growth >= baseline - 20%", shrank, shrank).limit, -12e6);
}

TEST(Decision, AgainstABaselineIsWelchs) {
  const Decision decision =
      decided("fds.peak <= baseline", measures({103, 104, 102}), measures({100, 101, 99}));
  EXPECT_NEAR(decision.margin, -3.6742, 1e-4);
  EXPECT_DOUBLE_EQ(decision.limit, 100);
  EXPECT_EQ(decision.answer, Answer::kFail);
}

TEST(Decision, AgainstABaselineSaysWhatTheLimitIsMadeOf) {
  EXPECT_EQ(
      decided("fds.peak <= baseline * 1.1 + 5", measures({100, 101, 99}), measures({100, 101, 99}))
          .why,
      "fds.peak 100 ± 2.5 (3 runs) is below the limit of 115 (the baseline's 100 times 1.1 + "
      "5, 3 runs) by 17.5 standard errors");
}

TEST(Decision, AgainstTheBaselineItselfAsksForAMargin) {
  const Decision decision =
      decided("fds.peak <= baseline", measures({100, 101, 99}), measures({100, 101, 99}));
  EXPECT_EQ(decision.answer, Answer::kInconclusive);
  EXPECT_THAT(decision.why, HasSubstr("a limit that is the baseline needs a margin"));
  EXPECT_EQ(decision.more_runs, std::nullopt);
}

TEST(Decision, OneRunMayLearnFromTheBaselinesRuns) {
  const std::vector<Measure> baseline = measures({100e6, 100.2e6, 99.8e6, 100.1e6, 99.9e6});
  EXPECT_EQ(decided("rss.peak <= baseline + 3%", measures({100e6}), baseline).answer,
            Answer::kPass);
  EXPECT_EQ(decided("rss.peak <= baseline + 3%", measures({100e6})).answer, Answer::kNotApplicable);
}

TEST(Decision, SaysHowManyMoreRunsWouldDecide) {
  const Decision decision =
      decided("p95 < 200ms", measures({175 * kMs, 183 * kMs, 191 * kMs, 180 * kMs, 212 * kMs}));
  EXPECT_EQ(decision.answer, Answer::kInconclusive);
  ASSERT_TRUE(decision.more_runs);
  EXPECT_EQ(*decision.more_runs, 9);
  EXPECT_EQ(decision.why,
            "p95 188.2 ms ± 18 ms (5 runs) is below the limit of 200 ms by only 1.8 standard "
            "errors: too close to call; about 9 more runs would decide");
}

TEST(Decision, SaysWhenNoNumberOfRunsWould) {
  const Decision decision = decided("p95 < 200ms", measures({199 * kMs, 150 * kMs, 250 * kMs}));
  EXPECT_EQ(decision.more_runs, std::nullopt);
  EXPECT_THAT(decision.why, HasSubstr("more runs would hardly decide"));
}

TEST(Decision, ShowsAsManyDigitsAsTellValueAndLimitApart) {
  EXPECT_THAT(decided("leaks.bytes <= 1GiB", exact({1073741825})).why,
              HasSubstr("1.000000001 GiB (1 run) is above the limit of 1 GiB"));
}

TEST(Decision, SurvivesWhateverAMeasureSays) {
  for (const double wild : std::initializer_list<double>{NAN, INFINITY, -INFINITY, -1, 0, 1e300}) {
    for (const char* rule : {"rss.peak < 5MB", "errors < 1%", "growth < 1MB/h", "p95 < 1s"}) {
      const Measure like{
          .error = wild, .freedom = wild, .trials = wild, .low = -wild, .high = wild};
      for (const Decision& decision :
           {decided(rule, measures({0.5}, like)), decided(rule, measures({wild, 0.5}, like))}) {
        EXPECT_TRUE(std::isfinite(decision.low) && std::isfinite(decision.high)) << rule << wild;
        EXPECT_TRUE(std::isfinite(decision.margin) && std::isfinite(decision.standard_error));
        EXPECT_NE(decision.why, "");
      }
    }
  }
}

TEST(Answers, HaveNames) {
  EXPECT_EQ(name_of(Answer::kPass), "pass");
  EXPECT_EQ(name_of(Answer::kNotApplicable), "not applicable");
}

}  // namespace
}  // namespace tidemark::budget
