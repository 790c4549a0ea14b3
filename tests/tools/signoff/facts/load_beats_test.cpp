#include "tools/signoff/facts/load_beats.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "lib/load/hlog.h"
#include "tests/lib/scratch.h"
#include "tools/signoff/facts/load_numbers.h"
#include "tools/signoff/facts/mean_error.h"

namespace tidemark::signoff {
namespace {

constexpr std::int64_t kStart = 1'763'710'000'000;

// Requests of a service that is slower in some seconds than in others: the level of a second is
// like the one before it by `correlation`.
class Service {
 public:
  Service(int seconds, double correlation, double wander)
      : seconds_(seconds), correlation_(correlation), wander_(wander) {}

  Answers answers(std::mt19937& random, std::vector<load::Histogram>& by_second) const {
    std::normal_distribution<double> normal;
    std::poisson_distribution<int> many(40);
    double level = normal(random);
    Answers out{.tags = {""}, .seconds = static_cast<double>(seconds_)};
    for (int second = 0; second < seconds_; ++second) {
      load::Histogram& here = by_second.emplace_back();
      for (int i = many(random); i > 0; --i) {
        here.record(std::llround(1e6 * std::exp(wander_ * level + 0.5 * normal(random))));
      }
      level = correlation_ * level + std::sqrt(1 - correlation_ * correlation_) * normal(random);
      out.response.add(here);
    }
    out.done = out.response.count();
    return out;
  }

  // The true percentile: of all seconds that there could be.
  double truth(double normal_quantile) const {
    return 1e6 * std::exp(std::sqrt(wander_ * wander_ + 0.25) * normal_quantile);
  }

 private:
  int seconds_;
  double correlation_;
  double wander_;
};

Asked asked_of(const std::vector<load::Histogram>& seconds, std::int64_t threshold) {
  Asked out{.tags = {""}, .thresholds = {threshold}, .sections = {}};
  out.sections.resize(kSections);
  Stretch& stretch = out.stretches.emplace_back();
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    const load::Histogram& second = seconds[i];
    const auto count = static_cast<double>(second.count());
    stretch.beats.push_back({.ms = 1000,
                             .count = count,
                             .sum = second.mean() * count,
                             .over = {count - static_cast<double>(second.count_up_to(threshold))}});
    out.sections[i * kSections / seconds.size()].add(second);
  }
  return out;
}

budget::Measure p95_of(const Service& service, std::mt19937& random) {
  std::vector<load::Histogram> seconds;
  const Answers answers = service.answers(random, seconds);
  const std::int64_t p95 = answers.response.at_percentile(95);
  const auto sure = log_error(asked_of(seconds, p95), 95, static_cast<double>(p95));
  return percentile(answers, 95, sure.value());
}

double coverage_of_p95(const Service& service) {
  std::mt19937 random(11);
  constexpr int kTimes = 100;
  int held = 0;
  for (int i = 0; i < kTimes; ++i) {
    const budget::Measure p95 = p95_of(service, random);
    const double truth = service.truth(1.6448536);
    if (p95.low <= truth && truth <= p95.high) ++held;
  }
  return held / static_cast<double>(kTimes);
}

TEST(LoadBeats, AnIntervalOfAPercentileCoversItWhereRequestsAreIndependent) {
  EXPECT_NEAR(coverage_of_p95(Service(60, 0, 0)), 0.945, 0.045);
}

TEST(LoadBeats, AnIntervalOfAPercentileCoversItWhereSomeSecondsAreSlow) {
  EXPECT_NEAR(coverage_of_p95(Service(60, 0, 0.5)), 0.945, 0.045);
  EXPECT_NEAR(coverage_of_p95(Service(120, 0.7, 0.5)), 0.945, 0.045);
}

TEST(LoadBeats, APercentileBeyondWhichTooFewAreHasNoSections) {
  std::mt19937 random(5);
  std::vector<load::Histogram> seconds;
  Service(60, 0, 0).answers(random, seconds);
  EXPECT_TRUE(log_error(asked_of(seconds, 0), 99, 1e6));
  EXPECT_FALSE(log_error(asked_of(seconds, 0), 99.9, 1e6));
}

TEST(LoadBeats, IndependentRequestsAreWorthWhatTheyAre) {
  std::mt19937 random(5);
  double sum = 0;
  for (int i = 0; i < 100; ++i) {
    std::vector<load::Histogram> seconds;
    const Answers answers = Service(60, 0, 0).answers(random, seconds);
    sum += spoilt(asked_of(seconds, 0), {.kind = Trait::Kind::kRate})->design;
  }
  EXPECT_NEAR(sum / 100, 1, 0.1);
}

TEST(LoadBeats, TheLevelOfAStageIsNoChance) {
  Asked asked{.tags = {""}};
  for (const double count : {100.0, 900.0}) {
    Stretch& stretch = asked.stretches.emplace_back();
    for (int i = 0; i < 20; ++i) {
      stretch.beats.push_back({.ms = 1000, .count = count + (i % 2 == 0 ? 5 : -5), .over = {}});
    }
  }
  EXPECT_LT(spoilt(asked, {.kind = Trait::Kind::kRate})->design, 0.1);
}

TEST(LoadBeats, LinesThatAreLongerThanAStageTellNothing) {
  std::vector<load::Histogram> seconds(8);
  for (load::Histogram& second : seconds) second.record(1000, 1000);
  Asked asked = asked_of(seconds, 0);
  EXPECT_TRUE(log_error(asked, 50, 1000));
  asked.stretches.push_back({.beats = {{.ms = 10'000, .count = 9, .over = {0}}}});
  EXPECT_FALSE(log_error(asked, 50, 1000));
  EXPECT_FALSE(spoilt(asked, {.kind = Trait::Kind::kRate}));
}

TEST(LoadBeats, NothingIsToldOfThreeSeconds) {
  const std::vector<load::Histogram> seconds(3);
  EXPECT_FALSE(spoilt(asked_of(seconds, 0), {.kind = Trait::Kind::kRate}));
}

TEST(LoadBeats, AreThoseOfTheLog) {
  const Scratch scratch;
  const auto path = scratch.path / "load.hlog";
  load::IntervalLog log(path, kStart);
  load::Histogram second;
  second.record(1000, 9);
  second.record(9000, 1);
  for (int i = 0; i < 8; ++i) log.write("", kStart + i * 1000, 1000, second);
  log.write("search", kStart, 8000, second);
  std::vector<Asked> asked = {
      {.tags = {""},
       .thresholds = {5000},
       .stretches = {{.from_ms = kStart, .to_ms = kStart + 4000, .beats = {}}}}};
  EXPECT_EQ(read_beats(path, asked), "");
  double count = 0;
  double over = 0;
  for (const Beat& beat : asked[0].stretches[0].beats) {
    count += beat.count;
    over += beat.over[0];
  }
  EXPECT_EQ(count, 40);
  EXPECT_EQ(over, 4);
}

TEST(LoadBeats, ALogThatIsNotThereIsSaid) {
  std::vector<Asked> asked;
  EXPECT_NE(read_beats("/no/load.hlog", asked).find("/no/load.hlog"), std::string::npos);
}

}  // namespace
}  // namespace tidemark::signoff
