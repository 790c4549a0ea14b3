#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "parsers/all_formats.h"
#include "parsers/json_walk.h"
#include "tests/parsers/error_from.h"
#include "tests/parsers/read_stacks.h"

namespace tidemark {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::SizeIs;
using testing::UnorderedElementsAre;

TEST(JsonWalk, NamesThePlaceOfEachValue) {
  std::vector<std::string> paths;
  JsonWalk walk({.name = "input", .bytes = R"({"a":[{"b":1},[2]],"c.d[]":{"e":"x"},"f":true})"});
  EXPECT_TRUE(walk.read([&](const JsonEvent& event) {
    if (event.kind != JsonEvent::Kind::kOpen && event.kind != JsonEvent::Kind::kClose) {
      paths.emplace_back(event.path);
    }
  }));
  EXPECT_THAT(paths, ElementsAre("a[].b", "a[][]", "c_d__.e", "f"));
}

std::string node(int id, std::string_view name, std::string_view more) {
  return "{\"id\":" + std::to_string(id) + ",\"callFrame\":{\"functionName\":\"" +
         std::string(name) + "\",\"url\":\"a.js\",\"lineNumber\":4}," + std::string(more) + "}";
}

TEST(Cpuprofile, GivesEachSampleTheTimeSinceTheOneBefore) {
  const std::string text = "{\"nodes\":[" + node(1, "(root)", "\"children\":[2]") + "," +
                           node(2, "f", "\"children\":[3]") + "," + node(3, "", "\"hitCount\":2") +
                           "],\"samples\":[2,3,3],\"timeDeltas\":[5,7,-1]}";
  EXPECT_THAT(stacks_in(kCpuprofileFormat, text, 1),
              UnorderedElementsAre(Pair("f", 5000), Pair("f;(anonymous)", 7000)));
  EXPECT_THAT(stacks_in(kCpuprofileFormat, text, 0),
              UnorderedElementsAre(Pair("f", 1), Pair("f;(anonymous)", 2)));
}

TEST(Cpuprofile, CountsHitsWithoutSamplesAndFindsParentsThatComeLater) {
  const std::string text = "{\"nodes\":[" + node(3, "g", "\"hitCount\":2,\"parent\":2") + "," +
                           node(2, "f", "\"hitCount\":1") + "]}";
  EXPECT_THAT(stacks_in(kCpuprofileFormat, text),
              UnorderedElementsAre(Pair("f", 1), Pair("f;g", 2)));
}

TEST(Cpuprofile, RefusesNodesThatCallThemselves) {
  EXPECT_EQ(error_from(kCpuprofileFormat, "{\"nodes\":[" + node(1, "f", "\"children\":[2]") + "," +
                                              node(2, "g", "\"children\":[1]") + "]}"),
            "input: node 1 is its own caller");
}

TEST(Cpuprofile, NamesWhatIsWrong) {
  EXPECT_EQ(error_from(kCpuprofileFormat, "{\n\"nodes\":[]}"),
            "input:2: expected \"nodes\" of a CPU profile, found the end of the file");
  EXPECT_EQ(error_from(kCpuprofileFormat, "{\"nodes\":[" + node(1, "f", "\"hitCount\":1") +
                                              "],\n\"samples\":[1],\"timeDeltas\":[1,2]}"),
            "input:2: expected as many \"timeDeltas\" as \"samples\", found 2 and 1");
  EXPECT_THAT(error_from(kCpuprofileFormat, "{\"nodes\" 1, 2, 3}"),
              HasSubstr("input:1: expected JSON"));
}

TEST(Cpuprofile, ReadsTreesOfAHundredThousandLevels) {
  std::string text = "{\"nodes\":[";
  for (int i = 1; i < 100000; ++i) {
    text += node(i, "f", "\"children\":[" + std::to_string(i + 1) + "]") + ",";
  }
  text += node(100000, "g", "\"hitCount\":1") + "]}";
  EXPECT_EQ(only_stack(kCpuprofileFormat, text).size(), 100000U);
}

std::string scope(std::string_view profile) {
  return R"({"shared":{"frames":[{"name":"main","file":"a.c","line":3},{"name":"f"}]},"profiles":[)" +
         std::string(profile) + "]}";
}

TEST(Speedscope, ReadsSamplesWithTheirWeights) {
  const std::string text =
      scope(R"({"unit":"milliseconds","name":"t","samples":[[0],[0,1]],"weights":[2,0.5]},
               {"unit":"none","samples":[[1]],"weights":[3]})");
  const Recording recording = read_as(kSpeedscopeFormat, text);
  ASSERT_THAT(recording.profiles, SizeIs(2));
  EXPECT_THAT(stacks_of(recording.profiles[0]),
              UnorderedElementsAre(Pair("main", 2000000), Pair("main;f", 500000)));
  EXPECT_THAT(recording.profiles[0].value_types(), ElementsAre(ValueType{"time", "nanoseconds"}));
  EXPECT_THAT(recording.profiles[1].value_types(), ElementsAre(ValueType{"samples", "count"}));
}

TEST(Speedscope, CountsTheTimeBetweenEvents) {
  EXPECT_THAT(stacks_in(kSpeedscopeFormat, scope(R"({"unit":"nanoseconds","events":[
          {"type":"O","frame":0,"at":10},{"type":"O","frame":1,"at":14},
          {"type":"C","frame":1,"at":19},{"type":"C","frame":0,"at":20}]})")),
              UnorderedElementsAre(Pair("main", 5), Pair("main;f", 5)));
}

TEST(Speedscope, NamesWhatIsWrong) {
  EXPECT_EQ(error_from(kSpeedscopeFormat, scope(R"({"name":"t","events":[
          {"type":"O","frame":0,"at":0},{"type":"C","frame":1,"at":9}]})")),
            "input: profile 't': frame 1 is closed, which is not the innermost one");
  EXPECT_EQ(error_from(kSpeedscopeFormat, scope("")),
            "input:1: expected a profile with samples or events, found the end of the file");
}

TEST(Speedscope, SaysThatItIsCut) {
  const std::string text = scope(R"({"unit":"none","samples":[[0],[1]],"weights":[3,4]})");
  const Recording recording = read_as(kSpeedscopeFormat, text.substr(0, text.size() - 6));
  EXPECT_TRUE(recording.partial);
}

}  // namespace
}  // namespace tidemark
