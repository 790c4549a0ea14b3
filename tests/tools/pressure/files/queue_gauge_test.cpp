#include "tools/pressure/files/queue_gauge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::pressure {
namespace {

TEST(QueueGauge, ReadsAJsonPointerWithAndWithoutItsSlash) {
  EXPECT_EQ(number_in(R"({"queue":{"depth":17}})", "/queue/depth"), 17);
  EXPECT_EQ(number_in(R"({"queue":{"depth":1.5}})", "queue/depth"), 1.5);
}

TEST(QueueGauge, ReadsAMetric) {
  constexpr const char* kMetrics =
      "# HELP queue_depth_max x\nqueue_depth_max 9\nqueue_depth{dir=\"a b\"} 4\n";
  EXPECT_EQ(number_in(kMetrics, "queue_depth"), 4);
  EXPECT_EQ(number_in(kMetrics, "queue_depth_max"), 9);
}

TEST(QueueGauge, WhatIsNoNumberIsNone) {
  EXPECT_EQ(number_in(R"({"queue":"deep"})", "/queue"), std::nullopt);
  EXPECT_EQ(number_in("queue\n", "queue"), std::nullopt);
  EXPECT_EQ(number_in("", "queue"), std::nullopt);
}

}  // namespace
}  // namespace tidemark::pressure
