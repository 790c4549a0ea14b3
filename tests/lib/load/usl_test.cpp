#include "lib/load/usl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace tidemark::load {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Le;

constexpr double kLambda = 1000;
constexpr int kLadder[] = {1, 2, 5, 10, 20, 50, 100};

double law(double n, double sigma, double kappa) {
  return kLambda * n / (1 + sigma * (n - 1) + kappa * n * (n - 1));
}

std::vector<Rung> ladder(double sigma, double kappa, double error = 0) {
  std::vector<Rung> out;
  for (const int n : kLadder) {
    const double throughput = law(n, sigma, kappa);
    out.push_back({.clients = n, .throughput = throughput, .error = error * throughput});
  }
  return out;
}

std::vector<Rung> noisy(std::vector<Rung> rungs, double error, unsigned seed, bool told) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal(0, error);
  for (Rung& rung : rungs) {
    rung.error = told ? error * rung.throughput : 0;
    rung.throughput *= 1 + normal(random);
  }
  return rungs;
}

TEST(Scalability, FindsTheLawThatMadeTheLadder) {
  const Scalability fit = fit_scalability(ladder(0.05, 0.002, 0.01));
  EXPECT_NEAR(*fit.lambda, kLambda, 0.01);
  EXPECT_NEAR(*fit.sigma, 0.05, 1e-6);
  EXPECT_NEAR(*fit.kappa, 0.002, 1e-7);
  EXPECT_NEAR(*fit.knee, std::sqrt(0.95 / 0.002), 0.01);
}

TEST(Scalability, LinearScalingHasNeitherContentionNorAKnee) {
  const Scalability fit = fit_scalability(noisy(ladder(0, 0), 0.01, 3, true));
  EXPECT_LE(*fit.sigma, 2 * *fit.sigma_error);
  EXPECT_LE(*fit.kappa, 2 * *fit.kappa_error);
  EXPECT_FALSE(fit.knee.has_value());
}

// How many of 200 noisy ladders have the truth within 1.96 standard errors.
struct Covered {
  int sigma = 0;
  int kappa = 0;
};
Covered covered(double sigma, double kappa, bool told) {
  Covered out;
  for (unsigned seed = 1; seed <= 200; ++seed) {
    const Scalability fit = fit_scalability(noisy(ladder(sigma, kappa), 0.02, seed, told));
    out.sigma += static_cast<int>(std::abs(*fit.sigma - sigma) <= 1.96 * *fit.sigma_error);
    out.kappa += static_cast<int>(std::abs(*fit.kappa - kappa) <= 1.96 * *fit.kappa_error);
  }
  return out;
}

TEST(Scalability, IntervalsHoldTheTruthAsOftenAsTheySay) {
  const Covered told = covered(0.05, 0.002, true);
  EXPECT_THAT(told.sigma, AllOf(Ge(184), Le(200)));
  EXPECT_THAT(told.kappa, AllOf(Ge(184), Le(200)));
}

// From 7 rungs the noise itself is known to 35 %, so some intervals are too short.
TEST(Scalability, WithoutErrorsTheNoiseIsTakenFromTheMisfit) {
  const Covered untold = covered(0.05, 0.002, false);
  EXPECT_THAT(untold.sigma, AllOf(Ge(166), Le(198)));
  EXPECT_THAT(untold.kappa, AllOf(Ge(166), Le(198)));
}

TEST(Scalability, ThreeRungsAreNotEnough) {
  const Scalability fit = fit_scalability({{.clients = 1, .throughput = 10},
                                           {.clients = 2, .throughput = 19},
                                           {.clients = 5, .throughput = 40},
                                           {.clients = 5, .throughput = 41}});
  EXPECT_FALSE(fit.lambda.has_value());
  EXPECT_FALSE(fit.knee.has_value());
  EXPECT_EQ(fit.rungs.size(), 4U);
}

TEST(Scalability, RungsWithoutAnAnswerAreNoPoints) {
  auto rungs = ladder(0.05, 0.002, 0.01);
  rungs.push_back({.clients = 200, .throughput = 0});
  rungs.push_back({.clients = 300, .throughput = std::nan("")});
  EXPECT_NEAR(*fit_scalability(rungs).sigma, 0.05, 1e-6);
}

TEST(Scalability, EfficiencyIsWhatEachClientGetsOfWhatOneAloneGets) {
  Scalability law{.rungs = {{.clients = 1, .throughput = 100}, {.clients = 10, .throughput = 400}}};
  EXPECT_DOUBLE_EQ(law.efficiency(law.rungs[1]), 0.4);
  law.rungs.erase(law.rungs.begin());
  law.lambda = 80;
  EXPECT_DOUBLE_EQ(law.efficiency(law.rungs[0]), 0.5);
}

TEST(Scalability, TheBandIsNarrowWhereThereAreRungs) {
  const Scalability fit = fit_scalability(noisy(ladder(0.05, 0.002), 0.02, 1, true));
  EXPECT_NEAR(throughput_at(fit, 10).throughput, law(10, 0.05, 0.002), 0.04 * law(10, 0.05, 0.002));
  EXPECT_LT(throughput_at(fit, 10).error / throughput_at(fit, 10).throughput,
            throughput_at(fit, 400).error / throughput_at(fit, 400).throughput);
}

}  // namespace
}  // namespace tidemark::load
