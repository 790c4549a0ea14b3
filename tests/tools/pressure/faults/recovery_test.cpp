#include "tools/pressure/faults/recovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::pressure {
namespace {

using ::testing::SizeIs;

constexpr std::int64_t kMs = 1'000'000;

// A target that answers 100 requests a second, second after second.
struct Clock {
  Recovery recovery;
  Demand demand;
  std::int64_t now_ms = 0;

  void seconds(int count, std::int64_t p95, std::int64_t failed = 0) {
    for (int i = 0; i < count; ++i) {
      now_ms += 1000;
      recovery.second({.at_ms = now_ms, .done = 100 - failed, .failed = failed, .p95 = p95}, demand,
                      7000 + now_ms);
    }
  }
  load::FaultResult only() { return recovery.results().at(0); }
};

TEST(Recovery, CountsFromTheEndOfTheFaultToTheFirstOfThreeGoodSeconds) {
  Clock clock;
  clock.seconds(5, 10 * kMs);
  const std::size_t fault = clock.recovery.begin("pause 1s", clock.now_ms, 5000);
  clock.seconds(2, 900 * kMs);
  clock.recovery.end(fault, clock.now_ms);
  clock.seconds(4, 500 * kMs);
  clock.seconds(3, 12 * kMs);
  EXPECT_EQ(clock.only().recovered_ms, 4000);
  EXPECT_EQ(clock.only().memory_before, 5000);
  EXPECT_EQ(clock.only().memory_after, 7000 + clock.now_ms);
  EXPECT_FALSE(clock.recovery.waits_for(fault));
}

TEST(Recovery, TwoGoodSecondsAreNotEnough) {
  Clock clock;
  clock.seconds(5, 10 * kMs);
  const std::size_t fault = clock.recovery.begin("pause 1s", clock.now_ms, 0);
  clock.recovery.end(fault, clock.now_ms);
  clock.seconds(1, 500 * kMs);
  clock.seconds(2, 10 * kMs);
  clock.seconds(1, 500 * kMs);
  clock.seconds(2, 10 * kMs);
  EXPECT_FALSE(clock.only().recovered_ms);
  EXPECT_TRUE(clock.recovery.waits_for(fault));
}

TEST(Recovery, ASecondThatWasMostlyBeforeTheEndOfTheFaultSaysNothing) {
  Clock clock;
  clock.seconds(5, 10 * kMs);
  const std::size_t fault = clock.recovery.begin("pause 1s", clock.now_ms, 0);
  clock.recovery.end(fault, clock.now_ms + 700);
  clock.seconds(3, 10 * kMs);
  EXPECT_TRUE(clock.recovery.waits_for(fault));
  clock.seconds(1, 10 * kMs);
  EXPECT_EQ(clock.only().recovered_ms, 0);
}

TEST(Recovery, AFaultThatNobodyFeltIsRecoveredFromAtOnce) {
  Clock clock;
  clock.seconds(5, 10 * kMs);
  const std::size_t fault = clock.recovery.begin("connections 10", clock.now_ms, 0);
  clock.seconds(2, 11 * kMs);
  clock.recovery.end(fault, clock.now_ms - 300);
  clock.seconds(3, 11 * kMs);
  EXPECT_EQ(clock.only().recovered_ms, 0);
}

TEST(Recovery, TwiceTheUsualP95IsGoodAndMoreIsNot) {
  Clock clock;
  clock.seconds(5, 10 * kMs);
  clock.recovery.end(clock.recovery.begin("pause 1s", clock.now_ms, 0), clock.now_ms);
  clock.seconds(9, 21 * kMs);
  EXPECT_FALSE(clock.only().recovered_ms);
  clock.seconds(3, 19 * kMs);
  EXPECT_EQ(clock.only().recovered_ms, 9000);
}

TEST(Recovery, OnePerCentMoreErrorsThanUsualAreGoodAndMoreAreNot) {
  Clock clock;
  clock.seconds(5, 10 * kMs, 2);
  clock.recovery.end(clock.recovery.begin("reset 5%", clock.now_ms, 0), clock.now_ms);
  clock.seconds(5, 10 * kMs, 4);
  EXPECT_FALSE(clock.only().recovered_ms);
  clock.seconds(3, 10 * kMs, 3);
  EXPECT_EQ(clock.only().recovered_ms, 5000);
}

TEST(Recovery, WhatPassDemandsCountsInsteadOfWhatWasUsual) {
  Clock clock;
  clock.demand = {.errors = 0.5, .p95 = 200 * kMs};
  clock.seconds(5, 10 * kMs);
  clock.recovery.end(clock.recovery.begin("pause 1s", clock.now_ms, 0), clock.now_ms);
  clock.seconds(2, 250 * kMs);
  clock.seconds(3, 199 * kMs, 40);
  EXPECT_EQ(clock.only().recovered_ms, 2000);
}

TEST(Recovery, SecondsInWhichNothingEndedSayNothing) {
  Clock clock;
  clock.seconds(5, 10 * kMs);
  clock.recovery.end(clock.recovery.begin("pause 1s", clock.now_ms, 0), clock.now_ms);
  for (int i = 0; i < 10; ++i) clock.recovery.second({.at_ms = ++clock.now_ms}, {}, 0);
  EXPECT_FALSE(clock.only().recovered_ms);
}

TEST(Recovery, WhatCouldNotBeDoneSaysWhy) {
  Clock clock;
  clock.recovery.fail(clock.recovery.begin("dns 3s", 1000, 0), "no permission");
  EXPECT_EQ(clock.only().trouble, "no permission");
}

TEST(Recovery, OnlyTheSlowestOfManyAreKept) {
  Clock clock;
  clock.seconds(5, 10 * kMs);
  for (int i = 0; i < 10'100; ++i) {
    clock.recovery.end(clock.recovery.begin("pause 1s", clock.now_ms, 0), clock.now_ms);
    if (i == 5) clock.seconds(2, 900 * kMs);
    clock.seconds(3, 10 * kMs);
  }
  EXPECT_THAT(clock.recovery.results(), SizeIs(10'000));
  EXPECT_THAT(clock.recovery.results(),
              ::testing::Contains(
                  ::testing::Field(&load::FaultResult::recovered_ms, ::testing::Optional(2000))));
}

TEST(Demand, IsWhatPassSaysOfAllRequestsTogether) {
  const std::vector<load::Limit> pass = {
      load::parse_limit("p95 < 300ms", "test"),        load::parse_limit("p95@x10 < 1s", "test"),
      load::parse_limit("p95@normal < 200ms", "test"), load::parse_limit("errors <= 5%", "test"),
      load::parse_limit("search.p95 < 1ms", "test"),   load::parse_limit("recover < 30s", "test")};
  EXPECT_EQ(demand_of(pass, "normal").p95, 200 * kMs);
  EXPECT_EQ(demand_of(pass, "x10").p95, 300 * kMs);
  EXPECT_EQ(demand_of(pass, "x10").errors, 0.05);
  EXPECT_EQ(demand_of({}, "x10").p95, std::nullopt);
}

TEST(Health, IsOfTheRequestsOnly) {
  Tally tally;
  const std::vector<LabelId> requests = {tally.label("search"), tally.label("add")};
  const LabelId beside = tally.label("edit.visible");
  tally.begin_stage(0);
  tally.finished(requests[0], {.intended = 0, .sent = 0, .done = 5 * kMs}, 1);
  tally.failed(requests[1], {.intended = 0, .sent = 0, .done = 5 * kMs}, load::Failure::kReset);
  tally.measured(beside, 9000 * kMs);
  Health health;
  tally.end_second({.at_ms = 77, .seconds = 1},
                   [&](const Second& second) { health = health_of(second, requests); });
  EXPECT_EQ(health.done, 1);
  EXPECT_EQ(health.failed, 1);
  EXPECT_LT(health.p95, 6 * kMs);
  EXPECT_EQ(health.at_ms, 77);
}

}  // namespace
}  // namespace tidemark::pressure
