#include "tools/signoff/history/durations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace tidemark::signoff {
namespace {

HistoryEntry took(std::int64_t ms, const std::string& state = "passed") {
  return {.campaign = "nightly",
          .host = "here",
          .phases = {{.phase = "normal", .state = state, .duration_ms = ms}}};
}

std::vector<HistoryEntry> seconds(int from, int to) {
  std::vector<HistoryEntry> out;
  for (int i = from; i <= to; ++i) out.push_back(took(i * 1000));
  return out;
}

const DurationQuery kNormal{.campaign = "nightly", .phase = "normal", .host = "here"};

TEST(Durations, WithoutHistoryThereIsNone) {
  EXPECT_FALSE(forecast_of({}, kNormal));
  EXPECT_FALSE(expectation_of({took(5, "not done"), took(5, "skipped"), took(0)}, kNormal));
}

TEST(Durations, AreQuantilesOfFormerRuns) {
  const auto forecast = forecast_of(seconds(1, 20), kNormal);
  ASSERT_TRUE(forecast);
  EXPECT_EQ(forecast->usual_ms, 10'000);
  EXPECT_EQ(forecast->high_ms, 18'000);
  EXPECT_EQ(forecast->longest_ms, 20'000);
  EXPECT_EQ(forecast->runs, 20U);
}

// 0.05 to the power of 1/12; the longest of 59 covers 95 %.
TEST(Durations, SayHowSureTheyAre) {
  EXPECT_NEAR(forecast_of(seconds(1, 12), kNormal)->covers, 0.7791, 1e-4);
  EXPECT_LT(forecast_of(seconds(1, 58), kNormal)->covers, 0.95);
  EXPECT_GE(forecast_of(seconds(1, 59), kNormal)->covers, 0.95);
  EXPECT_EQ(forecast_of(seconds(1, 12), kNormal)->text(),
            "12 runs: half take less than 6.0 s, 9 in 10 less than 11.0 s; 95 % sure that 77 % "
            "take less than 12.0 s");
}

TEST(Durations, OneExtremeOfManyIsNotTheBound) {
  std::vector<HistoryEntry> entries = seconds(1, 99);
  entries.push_back(took(9'000'000));
  EXPECT_LT(forecast_of(entries, kNormal)->longest_ms, 100'000);
  EXPECT_GE(forecast_of(entries, kNormal)->covers, 0.95);
}

TEST(Durations, TheBoundHoldsAsOftenAsItSays) {
  std::mt19937_64 random(4);
  int holds = 0;
  for (int i = 0; i < 1000; ++i) {
    std::vector<HistoryEntry> entries;
    for (int k = 0; k < 20; ++k) {
      entries.push_back(took(1 + static_cast<std::int64_t>(random() % 1'000'000)));
    }
    const auto forecast = forecast_of(entries, kNormal);
    if (static_cast<double>(forecast->longest_ms) >= forecast->covers * 1e6) ++holds;
  }
  EXPECT_NEAR(holds, 950, 25);
}

TEST(Durations, OtherHostsAndScalesComeLast) {
  HistoryEntry other_host = took(7000);
  other_host.host = "there";
  HistoryEntry other_scale = took(100'000);
  other_scale.scale = 2;
  HistoryEntry tiny = took(100'000);
  tiny.scale = 1000;
  EXPECT_EQ(forecast_of({took(5000), other_host, other_scale}, kNormal)->usual_ms, 5000);
  EXPECT_EQ(forecast_of({other_host, other_scale}, kNormal)->usual_ms, 7000);
  EXPECT_EQ(forecast_of({other_scale}, kNormal)->usual_ms, 50'000);
  EXPECT_TRUE(forecast_of({other_scale}, kNormal)->scaled);
  EXPECT_EQ(forecast_of({tiny}, kNormal)->usual_ms, 10'000);
}

TEST(Durations, OtherCampaignsDoNotCount) {
  HistoryEntry other = took(7000);
  other.campaign = "weekly";
  EXPECT_FALSE(forecast_of({other}, kNormal));
}

TEST(Durations, AreWhatTheRunnerExpects) {
  const auto expected = expectation_of(seconds(1, 20), kNormal);
  ASSERT_TRUE(expected);
  EXPECT_EQ(expected->usual, std::chrono::seconds(10));
  EXPECT_EQ(expected->longest, std::chrono::seconds(20));
}

}  // namespace
}  // namespace tidemark::signoff
