#include "lib/verdict/leak_judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "lib/verdict/explain.h"
#include "tests/lib/verdict/leak_traces.h"

namespace tidemark::verdict {
namespace {

using testing::HasSubstr;

LeakVerdict judged(const Trace& trace, const Settings& settings = {}) {
  LeakJudge judge(settings);
  for (const Sample& sample : trace.samples) judge.add(sample);
  return judge.verdict();
}

// A trace of 24 hours without noise: `bytes` at each hour.
template <typename Bytes>
LeakVerdict judged_curve(Bytes bytes, const Settings& settings = {}) {
  LeakJudge judge(settings);
  for (double t = 0; t <= 86400; t += 10) {
    // A ripple, as no memory is quite still.
    const double ripple = 2e5 * std::sin(t / 7) * std::cos(t / 97);
    judge.add({.at_s = t, .bytes = bytes(t / 3600) + ripple});
  }
  return judge.verdict();
}

class EveryFamily : public testing::TestWithParam<TraceFamily> {};

// The shapes that memory alone can decide; the statistics are bench/leakbench's.
TEST_P(EveryFamily, IsNotCalledTheOpposite) {
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    const LeakVerdict verdict = judged(make_trace(GetParam().name, seed, 30));
    if (GetParam().truth == Truth::kLeak) {
      EXPECT_THAT(verdict.answer, testing::AnyOf(Answer::kLeak, Answer::kNotEnough))
          << verdict.text;
    } else if (GetParam().truth == Truth::kNoLeak) {
      EXPECT_NE(verdict.answer, Answer::kLeak) << verdict.text;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(LeakJudge, EveryFamily,
                         testing::ValuesIn(trace_families().begin(), trace_families().end()),
                         [](const auto& family) { return std::string(family.param.name); });

TEST(LeakJudge, SeesALeakWithItsRate) {
  const LeakVerdict verdict = judged_curve([](double h) { return 3e8 + 5e6 * h; });
  EXPECT_EQ(verdict.answer, Answer::kLeak) << verdict.text;
  EXPECT_NEAR(verdict.growth_bytes_per_day->value, 120e6, 3e6);
  EXPECT_GT(verdict.confidence, 0.99);
}

TEST(LeakJudge, SeesWhenTheGrowthBegan) {
  const LeakVerdict verdict =
      judged_curve([](double h) { return 3e8 + 20e6 * std::max(h - 10, 0.0); });
  ASSERT_EQ(verdict.answer, Answer::kLeak) << verdict.text;
  ASSERT_TRUE(verdict.onset_s);
  EXPECT_NEAR(*verdict.onset_s / 3600, 10, 0.5);
}

TEST(LeakJudge, CallsWhatFillsUpBounded) {
  const LeakVerdict verdict = judged_curve([](double h) { return 3e8 + 5e8 * (1 - std::exp(-h)); });
  EXPECT_EQ(verdict.answer, Answer::kBounded) << verdict.text;
}

TEST(LeakJudge, CallsFlatMemoryNoLeak) {
  const LeakVerdict verdict = judged_curve([](double) { return 3e8; });
  EXPECT_EQ(verdict.answer, Answer::kNoLeak) << verdict.text;
  EXPECT_LT(verdict.confidence, 0.01);
}

TEST(LeakJudge, HasNotEnoughDataAfterMinutes) {
  LeakJudge judge({});
  for (double t = 0; t < 300; t += 1) judge.add({.at_s = t, .bytes = 3e8 + 1e5 * t});
  const LeakVerdict verdict = judge.verdict();
  EXPECT_EQ(verdict.answer, Answer::kNotEnough) << verdict.text;
  EXPECT_GT(verdict.more_h, 0.5);
}

TEST(LeakJudge, HasNotEnoughDataWithoutSamples) {
  EXPECT_EQ(LeakJudge({}).verdict().answer, Answer::kNotEnough);
}

TEST(LeakJudge, SaysHowLongUntilTheLimit) {
  const LeakVerdict verdict =
      judged_curve([](double h) { return 3e8 + 5e6 * h; }, {.limit_bytes = 540e6});
  ASSERT_TRUE(verdict.hours_to_limit);
  EXPECT_NEAR(verdict.hours_to_limit->value, 24, 2);
  EXPECT_THAT(verdict.text, HasSubstr("reaches the limit in 2"));
}

TEST(LeakJudge, NamesThePartThatGrows) {
  LeakJudge judge({.parts = {"mapped files", "anonymous heap"}});
  for (double t = 0; t <= 86400; t += 10) {
    const double grown = 2e8 * t / 86400;
    judge.add({.at_s = t,
               .bytes = 3e8 + grown,
               .parts = {1e8 + 0.04 * grown, 2e8 + 0.96 * grown, kUnknown, kUnknown}});
  }
  EXPECT_THAT(judge.verdict().text, HasSubstr("96 % of it in anonymous heap"));
}

TEST(LeakJudge, MeasuresBytesPerMillionRequests) {
  LeakJudge judge({});
  for (double t = 0; t <= 86400; t += 10) {
    // 100 requests a second by day, 20 by night, 30 bytes each.
    const double served = 60 * t + 40 * 86400 / 6.2832 * (1 - std::cos(6.2832 * t / 86400));
    judge.add({.at_s = t, .bytes = 3e8 + 30 * served, .requests = std::floor(served)});
  }
  const LeakVerdict verdict = judge.verdict();
  ASSERT_EQ(verdict.answer, Answer::kLeak) << verdict.text;
  EXPECT_THAT(verdict.text, HasSubstr("in step with requests"));
  EXPECT_NEAR(verdict.growth_bytes_per_million_requests->value, 30e6, 1e6);
}

TEST(LeakJudge, NeverLooksAhead) {
  const Trace trace = make_trace("leak_late", 3);
  LeakJudge whole({});
  for (const Sample& sample : trace.samples) whole.add(sample);
  ASSERT_TRUE(whole.first_alarm_s());
  LeakJudge part({});
  for (const Sample& sample : trace.samples) {
    if (sample.at_s <= *whole.first_alarm_s()) part.add(sample);
  }
  EXPECT_EQ(part.first_alarm_s(), whole.first_alarm_s());
}

TEST(LeakJudge, SurvivesAnyOrderOfTimesAndSizes) {
  LeakJudge judge({});
  std::uint64_t state = 1;
  for (int i = 0; i < 200000; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    const auto word = static_cast<double>(state >> 40U);
    judge.add({.at_s = i % 97 == 0 ? word : i * 1.0,
               .bytes = i % 31 == 0 ? -word : word * 1e9,
               .requests = i % 5 == 0 ? kUnknown : word,
               .life = i % 5000 == 0 ? i : 0});
  }
  EXPECT_GE(judge.verdict().confidence, 0);
}

TEST(Explain, GivesBothBoundsWhenTheyAreNotEquallyFar) {
  EXPECT_EQ(estimate_words({.value = 120e6, .low = 110e6, .high = 130e6}), "120 MB ± 10 MB");
  EXPECT_EQ(estimate_words({.value = 83e6, .low = 23e6, .high = 203e6}), "83 MB (23 MB to 203 MB)");
}

}  // namespace
}  // namespace tidemark::verdict
