#include "lib/report/axes.h"

#include <gmock/gmock.h>

#include <cmath>

namespace tidemark {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Axes some_axes(Axes::Scale scale = Axes::Scale::kLinear) {
  return {{.left = 0, .right = 100, .top = 0, .bottom = 90},
          {.low = 0, .high = 10},
          {.low = 1, .high = 1000, .scale = scale}};
}

TEST(Axes, APowerOfTenIsTheSameStepOnALogScale) {
  EXPECT_THAT(some_axes(Axes::Scale::kLog).line({{0, 1}, {5, 10}, {10, 100}}, "s0"),
              HasSubstr("M0.0 90.0L50.0 60.0L100.0 30.0"));
}

TEST(Axes, WhatIsNotThereBreaksALine) {
  EXPECT_THAT(some_axes(Axes::Scale::kLog).line({{0, 1}, {5, std::nan("")}, {10, 100}}, "s0"),
              HasSubstr("M0.0 90.0M100.0 30.0"));
  EXPECT_EQ(some_axes().line({}, "s0"), "");
}

TEST(Axes, ABandGoesThereAndBack) {
  EXPECT_THAT(some_axes(Axes::Scale::kLog).band({{0, 1}, {10, 1}}, {{0, 10}, {10, 1000}}, "band"),
              HasSubstr("M0.0 60.0L100.0 0.0L100.0 90.0L0.0 90.0Z"));
}

TEST(Axes, NothingIsDrawnOutside) {
  EXPECT_THAT(some_axes().line({{0, 5000}, {20, -7}}, "s0"), HasSubstr("M0.0 0.0L100.0 90.0"));
  EXPECT_EQ(some_axes().upright({.x = 11, .kind = "fault"}), "");
}

TEST(Axes, NamesAreText) {
  const std::string mark =
      some_axes().upright({.x = 1, .kind = "stage", .label = "<b>", .title = "<i>"});
  EXPECT_THAT(mark, Not(HasSubstr("<b>")));
  EXPECT_THAT(mark, HasSubstr("&lt;i&gt;"));
}

TEST(Axes, LatenciesHaveRoundTicks) {
  std::string text;
  for (const Tick& tick : latency_ticks(0.9e6, 21e6)) text += tick.text + ", ";
  EXPECT_EQ(text, "1 ms, 2 ms, 5 ms, 10 ms, 20 ms, ");
  text.clear();
  for (const Tick& tick : latency_ticks(1e3, 1e9)) text += tick.text + ", ";
  EXPECT_EQ(text, "1 µs, 10 µs, 100 µs, 1 ms, 10 ms, 100 ms, 1 s, ");
}

}  // namespace
}  // namespace tidemark
