// How often decisions are wrong, over many simulated nights whose truth is known.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

#include "lib/budget/decision.h"

namespace tidemark::budget {
namespace {

// What runs of something with the mean 1 come to.
struct World {
  std::string name;
  Unit unit;
  std::function<Measure(std::mt19937_64&)> run;
};

double normal(std::mt19937_64& random) { return std::normal_distribution<>()(random); }

World normal_world(double spread) {
  return {"normal", Unit::kBytes, [spread](std::mt19937_64& random) {
            return Measure{.value = 1 + spread * normal(random)};
          }};
}

World lognormal_world(double spread) {
  return {"lognormal", Unit::kNanoseconds, [spread](std::mt19937_64& random) {
            return Measure{.value = std::exp(spread * normal(random) - spread * spread / 2)};
          }};
}

// The mean of readings each of which hangs on the one before, with the error that they would
// have if they did not: a third of the true one.
World autocorrelated_world(double spread) {
  return {"autocorrelated", Unit::kBytes, [spread](std::mt19937_64& random) {
            constexpr int kReadings = 40;
            constexpr double kMemory = 0.8;
            double at = normal(random);
            double sum = 0;
            double squares = 0;
            for (int i = 0; i < kReadings; ++i) {
              at = kMemory * at + std::sqrt(1 - kMemory * kMemory) * normal(random);
              sum += at;
              squares += at * at;
            }
            const double mean = sum / kReadings;
            const double variance = squares / kReadings - mean * mean;
            return Measure{.value = 1 + spread * 2.2 * mean,
                           .error = spread * 2.2 * std::sqrt(variance / kReadings),
                           .freedom = kReadings - 1};
          }};
}

struct Rates {
  double pass = 0;
  double fail = 0;
};

constexpr int kNights = 1'000;

// Of `n` runs of `world` held against `limit` (the truth is 1).
Rates rates(const World& world, int n, double limit, const std::optional<Spread>& spread = {}) {
  std::mt19937_64 random(4711);
  Rule rule{.subject = {.metric = "x"}, .bound = {.value = limit}, .unit = world.unit};
  Rates counted;
  for (int night = 0; night < kNights; ++night) {
    Evidence evidence{.spread = spread};
    for (int i = 0; i < n; ++i) {
      evidence.runs.push_back(world.run(random));
      evidence.runs.back().unit = world.unit;
    }
    const Answer answer = decide(rule, evidence).answer;
    counted.pass += answer == Answer::kPass ? 1.0 / kNights : 0;
    counted.fail += answer == Answer::kFail ? 1.0 / kNights : 0;
  }
  return counted;
}

// 2.5 % are allowed by the confidence, and as much again by chance and by shapes.
constexpr double kMostWrong = 0.05;

void expect_rarely_wrong(const World& world, std::initializer_list<int> runs, double step) {
  for (const int n : runs) {
    const std::string where = fmt::format("{}, {} runs", world.name, n);
    const Rates at = rates(world, n, 1);
    EXPECT_LE(at.pass, kMostWrong) << where << ", on the limit";
    EXPECT_LE(at.fail, kMostWrong) << where << ", on the limit";
    EXPECT_LE(rates(world, n, 1 - step).pass, kMostWrong) << where << ", above the limit";
    EXPECT_LE(rates(world, n, 1 + step).fail, kMostWrong) << where << ", below the limit";
  }
}

TEST(DecisionRates, NormalRunsAreRarelyDecidedWrongly) {
  expect_rarely_wrong(normal_world(0.01), {1, 2, 3, 5, 10}, 0.005);
}

TEST(DecisionRates, LognormalRunsAreRarelyDecidedWrongly) {
  expect_rarely_wrong(lognormal_world(0.12), {1, 2, 3, 5, 10}, 0.05);
}

TEST(DecisionRates, RunsThatDoNotKnowTheirOwnErrorAreRarelyDecidedWrongly) {
  expect_rarely_wrong(autocorrelated_world(0.01), {1, 2, 3, 5, 10}, 0.005);
}

TEST(DecisionRates, RunsThatDifferTwiceAsMuchAsIsAssumedAreRarelyDecidedWrongly) {
  const World world = normal_world(0.04);
  for (const int n : {2, 3}) {
    const Rates at = rates(world, n, 1);
    EXPECT_LE(at.pass, kMostWrong) << n;
    EXPECT_LE(at.fail, kMostWrong) << n;
  }
}

TEST(DecisionRates, FormerNightsMakeNoMoreWrong) {
  const Spread spread{.relative = 0.01, .freedom = 20, .source = "20 runs"};
  for (const int n : {1, 2, 3, 5}) {
    const Rates at = rates(normal_world(0.01), n, 1, spread);
    EXPECT_LE(at.pass, kMostWrong) << n;
    EXPECT_LE(at.fail, kMostWrong) << n;
  }
}

// Errors of requests, with a probability that is its own in each run.
World shares(double spread, double trials) {
  return {"shares", Unit::kShare, [=](std::mt19937_64& random) {
            const double p = 0.01 * std::exp(spread * normal(random) - spread * spread / 2);
            const auto failed =
                std::binomial_distribution<int>(static_cast<int>(trials), p)(random);
            return Measure{.value = failed / trials, .trials = trials};
          }};
}

TEST(DecisionRates, SharesAreRarelyDecidedWrongly) {
  for (const double spread : {0.0, 0.2}) {
    for (const int n : {1, 2, 3, 5, 10}) {
      const Rates at = rates(shares(spread, 5'000), n, 0.01);
      EXPECT_LE(at.pass, kMostWrong) << n << " runs that differ by " << spread;
      EXPECT_LE(at.fail, kMostWrong) << n << " runs that differ by " << spread;
    }
  }
}

// Of `n` runs against `m` of a baseline, all with `spread`; what is run is `factor` times it.
Rates against_baseline(double factor, int n, int m, double spread, std::string_view text) {
  std::mt19937_64 random(42);
  const Rule rule = parse_rule(text, "limit");
  Rates counted;
  for (int night = 0; night < kNights; ++night) {
    Evidence evidence;
    for (int i = 0; i < n; ++i) {
      evidence.runs.push_back(
          {.unit = Unit::kBytes, .value = factor * (1 + spread * normal(random))});
    }
    for (int i = 0; i < m; ++i) {
      evidence.baseline.push_back({.unit = Unit::kBytes, .value = 1 + spread * normal(random)});
    }
    const Answer answer = decide(rule, evidence).answer;
    counted.pass += answer == Answer::kPass ? 1.0 / kNights : 0;
    counted.fail += answer == Answer::kFail ? 1.0 / kNights : 0;
  }
  return counted;
}

TEST(DecisionRates, ComparisonsAreRarelyWrong) {
  for (const auto& [n, m] : {std::pair{1, 1}, {1, 5}, {2, 3}, {3, 3}, {5, 2}, {10, 10}}) {
    const Rates at = against_baseline(1.03, n, m, 0.01, "rss.peak < baseline + 3%");
    EXPECT_LE(at.pass, kMostWrong) << n << " against " << m;
    EXPECT_LE(at.fail, kMostWrong) << n << " against " << m;
  }
}

TEST(DecisionRates, ThreeRunsAgainstThreeSeeThreePercentAtAHalfPercentSpread) {
  EXPECT_GE(against_baseline(1.03, 3, 3, 0.005, "rss.peak <= baseline").fail, 0.97);
  EXPECT_GE(against_baseline(1.00, 3, 3, 0.005, "rss.peak <= baseline + 3%").pass, 0.97);
}

}  // namespace
}  // namespace tidemark::budget
