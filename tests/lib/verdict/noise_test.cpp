#include "lib/verdict/noise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace tidemark::verdict {
namespace {

std::vector<FloorPoint> hourly(std::size_t count) {
  std::vector<FloorPoint> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back({.at_h = static_cast<double>(i)});
  return out;
}

TEST(Whitener, LeavesForgetfulNoiseAsItIs) {
  const std::vector<FloorPoint> points = hourly(3);
  const std::vector<double> values = {1, -2, 3};
  std::vector<double> out(3);
  Whitener(points, {}).whiten(values, out);
  EXPECT_NEAR(out[1] / out[0], -2, 1e-9);
  EXPECT_NEAR(out[2] / out[0], 3, 1e-9);
}

TEST(Whitener, ExpectsDriftToStayWhereItIs) {
  const std::vector<FloorPoint> points = hourly(60);
  std::vector<double> step(60, 0);
  for (std::size_t i = 30; i < 60; ++i) step[i] = 10;
  std::vector<double> out(60);
  Whitener(points, {.memory_h = 0, .drift = 4}).whiten(step, out);
  EXPECT_GT(out[30], 3);
  EXPECT_NEAR(out[50], 0, 0.1);
}

TEST(Whitener, ForgetsBetweenLives) {
  std::vector<FloorPoint> points = hourly(4);
  points[2].life = points[3].life = 1;
  std::vector<double> out(4);
  Whitener(points, {.memory_h = 8, .drift = 1}).whiten(std::vector<double>{5, 5, 5, 5}, out);
  EXPECT_DOUBLE_EQ(out[2], out[0]);
  EXPECT_LT(out[1], out[0] / 2);
}

}  // namespace
}  // namespace tidemark::verdict
