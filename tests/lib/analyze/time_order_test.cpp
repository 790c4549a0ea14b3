#include "lib/analyze/time_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/analyze/flame_chart.h"

namespace tidemark {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

struct Sample {
  std::int64_t at;
  std::vector<std::string> stack;  // the outermost frame first
  std::int64_t value;
};

Profile timed(const std::vector<Sample>& samples, const std::string& unit = "count") {
  Profile profile(std::vector<ValueType>{{.name = "n", .unit = unit}});
  for (const Sample& sample : samples) {
    StackId stack = kRoot;
    for (const std::string& name : sample.stack) {
      stack = profile.push(stack, profile.intern({.function = name}));
    }
    profile.add(stack, std::vector<std::int64_t>{sample.value});
    profile.timeline.push_back({.at = sample.at, .stack = stack, .value = sample.value});
  }
  return profile;
}

// "name start-end" of the spans of the only lane.
std::vector<std::string> spans(const Profile& profile) {
  std::vector<std::string> found;
  for (const Span& span : spans_of(profile, lanes_of(profile).at(0))) {
    found.push_back(name_of(profile.frame(span.frame)) + " " + std::to_string(span.start) + "-" +
                    std::to_string(span.end));
  }
  return found;
}

TEST(TimeOrder, PutsEachThreadInALaneOfItsOwn) {
  const auto lanes = lanes_of(timed({{1, {"a b-12/13", "f"}, 1},
                                     {2, {"x-5", "f"}, 1},
                                     {3, {"a b-12/13", "g"}, 1},
                                     {4, {"plain"}, 1},
                                     {5, {":-1-3/-1"}, 1},
                                     {6, {"x-?/9"}, 1}}));
  ASSERT_THAT(lanes, SizeIs(5));
  EXPECT_EQ(lanes[0].name, "a b-12/13");
  EXPECT_EQ(lanes[0].pid, 12);
  EXPECT_EQ(lanes[0].tid, 13);
  EXPECT_THAT(lanes[0].moments, SizeIs(2));
  EXPECT_EQ(lanes[1].pid, 5);
  EXPECT_EQ(lanes[1].tid, 5);
  EXPECT_EQ(lanes[2].pid, 0);
  EXPECT_EQ(lanes[3].pid, 3);
  EXPECT_EQ(lanes[3].tid, 0);
  EXPECT_EQ(lanes[4].pid, 0);
  EXPECT_EQ(lanes[4].tid, 9);
}

TEST(TimeOrder, ContinuesTheCallsThatTwoSamplesShare) {
  EXPECT_THAT(spans(timed({{0, {"t", "f"}, 1}, {10, {"t", "g"}, 1}, {20, {"t", "g"}, 1}})),
              ElementsAre("t 0-30", "f 0-10", "g 10-30"));
}

TEST(TimeOrder, EndsCallsWhenNoSampleFollows) {
  EXPECT_THAT(spans(timed({{0, {"t"}, 1}, {10, {"t"}, 1}, {100, {"t"}, 1}, {110, {"t"}, 1}})),
              ElementsAre("t 0-20", "t 100-120"));
}

TEST(TimeOrder, LetsASampleLastAsLongAsItSays) {
  EXPECT_THAT(spans(timed({{0, {"t"}, 5}, {100, {"t"}, 7}}, "nanoseconds")),
              ElementsAre("t 0-5", "t 100-107"));
}

// "name start+total" of the boxes.
std::vector<std::string> boxes(const FlameGraph& graph) {
  std::vector<std::string> found;
  for (const FlameGraph::Box& box : graph.boxes) {
    found.push_back(graph.names[box.name] + " " + std::to_string(box.start) + "+" +
                    std::to_string(box.total));
  }
  return found;
}

TEST(FlameChart, MergesWithTheSampleBeforeOnly) {
  const Profile profile = timed({{0, {"a", "b"}, 1}, {1, {"a", "c"}, 2}, {2, {"a", "b"}, 3}});
  const FlameGraph chart = flame_chart(profile, {});
  EXPECT_THAT(boxes(chart), ElementsAre("all 0+6", "a 0+6", "b 0+1", "c 1+2", "b 3+3"));
  EXPECT_EQ(chart.depth, 2U);
  EXPECT_EQ(chart.boxes[2].self, 1);
  EXPECT_EQ(chart.boxes[2].caller, 1U);
}

TEST(FlameChart, GrowsFromTheLeavesInReverse) {
  const Profile profile = timed({{0, {"a", "b"}, 1}, {1, {"c", "b"}, 2}});
  EXPECT_THAT(boxes(flame_chart(profile, {.reverse = true})),
              ElementsAre("all 0+3", "b 0+3", "a 0+1", "c 1+2"));
}

TEST(FlameChart, LeavesOutWhatIsTooNarrow) {
  const Profile profile = timed({{0, {"a", "b"}, 1}, {1, {"c", "d"}, 99}});
  const FlameGraph chart = flame_chart(profile, {.minimum = 0.02});
  EXPECT_THAT(boxes(chart), ElementsAre("all 0+100", "c 1+99", "d 1+99"));
  EXPECT_EQ(chart.left_out, 2U);
  EXPECT_EQ(chart.boxes[2].caller, 1U);
}

}  // namespace
}  // namespace tidemark
