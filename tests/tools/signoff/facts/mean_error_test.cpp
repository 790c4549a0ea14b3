#include "tools/signoff/facts/mean_error.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace tidemark::signoff {
namespace {

// Noise whose neighbours are correlated by `correlation`, around 0.
std::vector<double> noise(std::mt19937& random, std::size_t count, double correlation) {
  std::normal_distribution<double> normal;
  std::vector<double> out;
  double now = normal(random) / std::sqrt(1 - correlation * correlation);
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back(now);
    now = correlation * now + normal(random);
  }
  return out;
}

// How often the 95 % interval holds the true mean.
double coverage(std::size_t count, double correlation) {
  std::mt19937 random(7);
  constexpr int kTimes = 1000;
  int held = 0;
  for (int i = 0; i < kTimes; ++i) {
    const MeanError found = mean_error(noise(random, count, correlation)).value();
    if (std::abs(found.mean) <= student_95(found.freedom) * found.error) ++held;
  }
  return held / static_cast<double>(kTimes);
}

TEST(MeanError, CoversTheMeanOfIndependentNumbers) {
  EXPECT_NEAR(coverage(4, 0), 0.945, 0.045);
  EXPECT_NEAR(coverage(20, 0), 0.945, 0.045);
  EXPECT_NEAR(coverage(600, 0), 0.945, 0.045);
}

TEST(MeanError, CoversTheMeanOfNumbersThatHangTogether) {
  EXPECT_NEAR(coverage(120, 0.5), 0.945, 0.045);
  EXPECT_NEAR(coverage(120, 0.9), 0.945, 0.045);
  EXPECT_NEAR(coverage(600, 0.9), 0.945, 0.045);
  EXPECT_NEAR(coverage(600, 0.97), 0.945, 0.045);
}

TEST(MeanError, IsThatOfIndependentNumbersWhereTheyAre) {
  std::mt19937 random(3);
  double sum = 0;
  for (int i = 0; i < 200; ++i) sum += mean_error(noise(random, 640, 0)).value().error;
  EXPECT_NEAR(sum / 200, 1 / std::sqrt(640.0), 0.005);
}

TEST(MeanError, IsLargeWhileTheLevelRises) {
  std::vector<double> rising;
  for (int i = 0; i < 100; ++i) rising.push_back(i);
  const MeanError found = mean_error(rising).value();
  EXPECT_NEAR(found.mean, 49.5, 1e-9);
  EXPECT_GT(student_95(found.freedom) * found.error, 49);
}

TEST(MeanError, IsNothingForConstantNumbersAndUnknownForFew) {
  EXPECT_EQ(mean_error(std::vector<double>(50, 3.0)).value().error, 0);
  EXPECT_FALSE(mean_error(std::vector<double>(3, 3.0)));
}

TEST(Student95, IsWhatTablesSay) {
  EXPECT_NEAR(student_95(1), 12.7062, 1e-4);
  EXPECT_NEAR(student_95(8), 2.3060, 1e-4);
  EXPECT_NEAR(student_95(0), 1.9600, 1e-4);
}

}  // namespace
}  // namespace tidemark::signoff
