#include "tools/pressure/judge.h"

#include <gmock/gmock.h>

namespace tidemark::pressure {
namespace {

using load::Limit;
using State = load::LimitResult::State;

constexpr double kMs = 1e6;

Limit limit(std::string metric, double value, std::string label = "", std::string stage = "") {
  return {.label = std::move(label),
          .metric = std::move(metric),
          .argument = {},
          .stage = std::move(stage),
          .value = value};
}

// 90 answers of 10 ms and 10 of 100 ms, and as many failures as asked for.
load::LabelResult answers(std::string label, std::string stage, std::int64_t failed = 0) {
  load::LabelResult result{.label = std::move(label), .stage = std::move(stage)};
  result.response.record(10'000'000, 90);
  result.response.record(100'000'000, 10);
  result.done = 100;
  result.failures[static_cast<std::size_t>(load::Failure::kTimeout)] = failed;
  return result;
}

load::RunResult ran() {
  load::RunResult run;
  run.start_ms = 1'000;
  run.end_ms = 11'000;
  run.stages = {{.name = "normal", .start_ms = 1'000, .end_ms = 6'000}};
  run.labels = {answers("search", "normal"), answers("", "normal"), answers("", "", 100)};
  return run;
}

load::LimitResult judged(const Limit& one, const load::RunResult& run = ran(),
                         const Measures& measures = {}) {
  return judge({one}, run, measures).at(0);
}

TEST(Judge, HoldsAPercentileAgainstItsLimit) {
  EXPECT_EQ(judged(limit("p90", 20 * kMs)).state, State::kPassed);
  EXPECT_EQ(judged(limit("p95", 20 * kMs)).state, State::kCrossed);
  EXPECT_NEAR(*judged(limit("p95", 20 * kMs)).measured, 100 * kMs, 0.1 * kMs);
}

TEST(Judge, LooksAtTheLabelAndTheStageThatALimitNames) {
  EXPECT_EQ(judged(limit("max", 200 * kMs, "search", "normal")).state, State::kPassed);
  EXPECT_EQ(judged(limit("max", 200 * kMs, "search", "x10")).state, State::kNotMeasured);
}

TEST(Judge, CountsErrorsAsAShareOfAllThatWereDue) {
  EXPECT_DOUBLE_EQ(*judged(limit("errors", 0.05)).measured, 0.5);
  EXPECT_DOUBLE_EQ(*judged(limit("errors", 0.05, "", "normal")).measured, 0);
}

TEST(Judge, ANameStandsForAllThatIsMeasuredBelowIt) {
  load::RunResult run = ran();
  run.labels.push_back(answers("feed.connect", ""));
  run.labels.push_back(answers("feed.delivery", "", 100));
  EXPECT_DOUBLE_EQ(*judged(limit("errors", 0.5, "feed"), run).measured, 100.0 / 300.0);
  EXPECT_EQ(judged(limit("errors", 0.5, "fee"), run).state, State::kNotMeasured);
}

TEST(Judge, CountsAnswersASecondOfTheStage) {
  Limit rate = limit("rate", 15, "", "normal");
  rate.compare = Limit::Compare::kMore;
  EXPECT_DOUBLE_EQ(*judged(rate).measured, 20);
  EXPECT_EQ(judged(rate).state, State::kPassed);
}

TEST(Judge, DoesNotHoldALatencyAgainstATargetThatAProfilerSlowsDown) {
  load::RunResult run = ran();
  run.under = "memcheck";
  EXPECT_EQ(judged(limit("p95", 20 * kMs), run).state, State::kNotApplicable);
  EXPECT_EQ(judged(limit("errors", 0.05), run).state, State::kCrossed);
}

TEST(Judge, WhatWasNotMeasuredIsNotPassed) {
  EXPECT_EQ(judged(limit("p95", 20 * kMs, "nobody")).state, State::kNotMeasured);
  EXPECT_EQ(judged(limit("recover", 30e9)).state, State::kNotMeasured);
  EXPECT_EQ(judged(limit("rss.growth", 50e6)).state, State::kNotMeasured);
}

TEST(Judge, ATargetThatDidNotComeBackCrossesItsLimit) {
  load::RunResult run = ran();
  run.faults = {{.what = "pause 1s", .recovered_ms = 1'500}};
  EXPECT_EQ(judged(limit("recover", 2e9), run).state, State::kPassed);
  run.faults.push_back({.what = "kill", .over_ms = run.end_ms - 2'500});
  EXPECT_EQ(judged(limit("recover", 2e9), run).state, State::kCrossed);
  EXPECT_EQ(judged(limit("recover", 3e9), run).state, State::kNotMeasured);
}

TEST(Judge, GrowthPassesOnlyWithItsWholeInterval) {
  const auto with = [](double low, double high) {
    return Measures{
        .memory = {{.stage = "", .bytes_per_day = verdict::Estimate{(low + high) / 2, low, high}}}};
  };
  EXPECT_EQ(judged(limit("rss.growth", 50e6), ran(), with(-1e6, 40e6)).state, State::kPassed);
  EXPECT_EQ(judged(limit("rss.growth", 50e6), ran(), with(60e6, 90e6)).state, State::kCrossed);
  EXPECT_EQ(judged(limit("rss.growth", 50e6), ran(), with(10e6, 70e6)).state, State::kNotMeasured);
}

TEST(Judge, HoldsTheMostMemoryAgainstItsLimit) {
  const Measures measures{.memory = {{.stage = "", .bytes_per_day = {}, .most_bytes = 70}}};
  EXPECT_EQ(judged(limit("rss.max", 60), ran(), measures).state, State::kCrossed);
  EXPECT_EQ(judged(limit("rss.max", 80), ran(), measures).state, State::kPassed);
}

TEST(Judge, ARegressionIsTheWorstOfThreePercentiles) {
  load::RunResult former;
  former.labels = {answers("", "")};
  load::RunResult slower = ran();
  slower.labels.back().response.clear();
  slower.labels.back().response.record(15'000'000, 90);
  slower.labels.back().response.record(100'000'000, 10);
  Limit regress = limit("regress", 0.2);
  regress.argument = "base.json";
  const Measures measures{.formers = {{.file = "base.json", .result = former, .why = {}}}};
  EXPECT_NEAR(*judged(regress, slower, measures).measured, 0.5, 0.01);
  EXPECT_EQ(judged(regress, ran(), measures).state, State::kPassed);
}

}  // namespace
}  // namespace tidemark::pressure
