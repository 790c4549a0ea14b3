#include "lib/analyze/flame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <vector>

namespace tidemark {
namespace {

using testing::ElementsAre;

struct Line {
  std::initializer_list<const char*> stack;
  std::vector<std::int64_t> values;
};

Profile profile_of(std::initializer_list<Line> lines) {
  Profile profile(std::vector<ValueType>(lines.begin()->values.size()));
  for (const Line& line : lines) {
    StackId stack = kRoot;
    for (const char* name : line.stack) {
      stack = profile.push(stack, profile.intern({.function = name}));
    }
    profile.add(stack, line.values);
  }
  return profile;
}

std::vector<std::string> drawn(const FlameGraph& graph) {
  std::vector<std::string> out;
  for (const FlameGraph::Box& box : graph.boxes) {
    out.push_back(graph.names[box.name] + " " + std::to_string(box.start) + "+" +
                  std::to_string(box.total));
  }
  return out;
}

TEST(FlameGraph, LaysCalleesOverTheirCallerByName) {
  const Profile profile = profile_of({{{"main", "b"}, {2}}, {{"main", "a"}, {3}}, {{"main"}, {1}}});
  EXPECT_THAT(drawn(flame_graph(profile, {})),
              ElementsAre("all 0+6", "main 0+6", "a 0+3", "b 3+2"));
}

// A sibling whose name sorts below ';' once split this frame in two.
TEST(FlameGraph, DrawsAFrameOnceWhateverItsSiblingsAreCalled) {
  const Profile profile =
      profile_of({{{"a", "foo"}, {30}}, {{"a", "foo-1", "y"}, {10}}, {{"a", "foo", "x"}, {20}}});
  EXPECT_THAT(drawn(flame_graph(profile, {})),
              ElementsAre("all 0+60", "a 0+60", "foo 0+50", "x 0+20", "foo-1 50+10", "y 50+10"));
}

TEST(FlameGraph, MergesFramesOfOneNameAtTwoAddresses) {
  Profile profile(std::vector<ValueType>{{.name = "samples", .unit = "count"}});
  for (const std::uint64_t address : {0x10U, 0x20U}) {
    const StackId stack =
        profile.push(kRoot, profile.intern({.function = "f", .address = address}));
    profile.add(stack, std::vector<std::int64_t>{5});
  }
  EXPECT_THAT(drawn(flame_graph(profile, {})), ElementsAre("all 0+10", "f 0+10"));
}

TEST(FlameGraph, GrowsFromTheLeavesWhenReversed) {
  const Profile profile = profile_of({{{"a", "f"}, {2}}, {{"b", "f"}, {3}}});
  EXPECT_THAT(drawn(flame_graph(profile, {.reverse = true})),
              ElementsAre("all 0+5", "f 0+5", "a 0+2", "b 2+3"));
}

TEST(FlameGraph, KeepsThePlaceOfWhatIsTooSmallToDraw) {
  const Profile profile = profile_of({{{"a"}, {1}}, {{"b"}, {99}}});
  const FlameGraph graph = flame_graph(profile, {.minimum = 0.05});
  EXPECT_THAT(drawn(graph), ElementsAre("all 0+100", "b 1+99"));
  EXPECT_EQ(graph.left_out, 1U);
}

TEST(FlameGraph, AddsDifferencesUpToTheCallers) {
  const Profile profile = profile_of({{{"main", "a"}, {10, 30}}, {{"main", "b"}, {20, 5}}});
  const FlameGraph graph = flame_graph(profile, {.value = 1, .compared = 0});
  ASSERT_EQ(graph.boxes.size(), 4U);
  EXPECT_EQ(graph.boxes[1].delta, 5);    // main
  EXPECT_EQ(graph.boxes[2].delta, 20);   // a
  EXPECT_EQ(graph.boxes[3].delta, -15);  // b
}

TEST(FlameGraph, DrawsAStackOfAHundredThousandFrames) {
  Profile profile(std::vector<ValueType>{{.name = "samples", .unit = "count"}});
  const FrameId frame = profile.intern({.function = "f"});
  StackId stack = kRoot;
  for (int i = 0; i < 100'000; ++i) stack = profile.push(stack, frame);
  profile.add(stack, std::vector<std::int64_t>{1});
  EXPECT_EQ(flame_graph(profile, {}).depth, 100'000U);
}

}  // namespace
}  // namespace tidemark
