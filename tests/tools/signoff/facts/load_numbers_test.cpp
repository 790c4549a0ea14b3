#include "tools/signoff/facts/load_numbers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace tidemark::signoff {
namespace {

using ::testing::HasSubstr;

Answers answers(std::int64_t done, std::int64_t timeouts = 0, std::int64_t refused = 0) {
  Answers out{.tags = {""}, .done = done, .seconds = 10};
  for (std::int64_t i = 1; i <= done; ++i) out.response.record(i * 1000);
  out.failures.at(static_cast<std::size_t>(load::Failure::kTimeout)) = timeouts;
  out.failures.at(static_cast<std::size_t>(load::Failure::kConnect)) = refused;
  return out;
}

TEST(LoadNumbers, APercentileHasTheIntervalOfItsOrderStatistics) {
  const budget::Measure p95 = percentile(answers(10'000), 95, Spoilt{.design = 1, .freedom = 0});
  EXPECT_NEAR(p95.value, 9.5e6, 0.01e6);
  // 0.95 +- 1.96 sqrt(0.95 * 0.05 / 10,000) of 10 ms
  EXPECT_NEAR(p95.low, 9.455e6, 0.02e6);
  EXPECT_NEAR(p95.high, 9.541e6, 0.02e6);
}

TEST(LoadNumbers, ADesignEffectWidensIt) {
  const budget::Measure one = percentile(answers(10'000), 95, Spoilt{.design = 1});
  const budget::Measure four = percentile(answers(10'000), 95, Spoilt{.design = 4});
  EXPECT_NEAR(four.error / one.error, 2, 0.15);
  EXPECT_THAT(four.basis, HasSubstr("worth 2500 independent ones"));
}

TEST(LoadNumbers, AnErrorOfTheLogarithmIsAFactor) {
  const budget::Measure p50 = percentile(answers(10'000), 50, LogError{.error = 0.1});
  EXPECT_NEAR(p50.high / p50.value, std::exp(0.196), 0.001);
  EXPECT_NEAR(p50.value / p50.low, std::exp(0.196), 0.001);
}

TEST(LoadNumbers, NoPercentileIsBeyondWhatAnyAnswerTook) {
  const budget::Measure p95 = percentile(answers(10'000), 95, LogError{.error = 9});
  EXPECT_EQ(p95.low, 1000);
  EXPECT_EQ(p95.high, 10e6);
}

TEST(LoadNumbers, APercentileWithNothingBeyondItIsNotSure) {
  const budget::Measure p99 = percentile(answers(100), 99, Spoilt{.design = 1});
  EXPECT_LT(p99.error, 0);
  EXPECT_LT(percentile(answers(10'000), 95, std::nullopt).error, 0);
}

TEST(LoadNumbers, ErrorsAreAShareOfAllThatWereDue) {
  const budget::Measure share = errors(answers(960, 40), std::nullopt);
  EXPECT_DOUBLE_EQ(share.value, 0.04);
  EXPECT_EQ(share.trials, 1000);
  EXPECT_NEAR(share.error, 0.0062, 0.0003);
}

TEST(LoadNumbers, NoErrorsOfAThousandMayBeAFewInAThousand) {
  const budget::Measure share = errors(answers(1000), std::nullopt);
  EXPECT_EQ(share.low, 0);
  EXPECT_NEAR(share.high, 0.0038, 0.0001);
}

TEST(LoadNumbers, ConnectedIsWhoseConnectionWasNotRefused) {
  const budget::Measure share = connected(answers(930, 20, 50));
  EXPECT_DOUBLE_EQ(share.value, 0.95);
  EXPECT_EQ(share.trials, 1000);
}

TEST(LoadNumbers, ARateIsAsSureAsItsDesign) {
  const budget::Measure found = rate(answers(10'000), Spoilt{.design = 1});
  EXPECT_DOUBLE_EQ(found.value, 1000);
  EXPECT_DOUBLE_EQ(found.error, 10);
}

TEST(LoadNumbers, AFamilyIsItsMembersTogether) {
  load::RunResult run;
  for (const char* label : {"feed.connect", "feed.delivery", "feeder"}) {
    run.labels.push_back({.label = label, .stage = "", .done = 10});
  }
  EXPECT_EQ(answers_for(run, "feed", "")->done, 20);
  EXPECT_FALSE(answers_for(run, "fee", ""));
}

}  // namespace
}  // namespace tidemark::signoff
