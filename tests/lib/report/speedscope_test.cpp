#include "lib/report/speedscope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "tests/lib/report/converters_sample.h"

namespace tidemark {
namespace {

using nlohmann::json;
using testing::ElementsAre;

json written(const Profile& profile) { return json::parse(to_speedscope(profile)); }

TEST(Speedscope, HasAProfileForEachValueTypeAndShowsTheDefault) {
  const json document = written(untimed_profile());
  ASSERT_EQ(document["profiles"].size(), 2U);
  EXPECT_EQ(document["activeProfileIndex"], 1);
  const json& cpu = document["profiles"][1];
  EXPECT_EQ(cpu["name"], "cpu");
  EXPECT_EQ(cpu["unit"], "nanoseconds");
  EXPECT_EQ(cpu["weights"], json({40, 10}));
  EXPECT_EQ(cpu["endValue"], 50);
  EXPECT_EQ(document["profiles"][0]["unit"], "none");
}

TEST(Speedscope, WritesStacksFromTheOutside) {
  const json document = written(untimed_profile());
  std::vector<std::string> names;
  for (const json& frame : document["profiles"][1]["samples"][0]) {
    names.push_back(document["shared"]["frames"][frame.get<std::size_t>()]["name"]);
  }
  EXPECT_THAT(names, ElementsAre("srv-7/8", "main", "f"));
}

TEST(Speedscope, SaysWhereAFrameIs) {
  const json frame = written(untimed_profile())["shared"]["frames"][1];
  EXPECT_EQ(frame, json({{"name", "main"}, {"file", "/src/a.c"}, {"line", 3}}));
}

TEST(Speedscope, PutsThreadsFirstInTheOrderOfTime) {
  const json document = written(timed_profile());
  ASSERT_EQ(document["profiles"].size(), 3U);
  EXPECT_EQ(document["activeProfileIndex"], 0);
  EXPECT_EQ(document["profiles"][0]["name"], "srv-7/8");
  EXPECT_EQ(document["profiles"][0]["weights"], json({40, 10}));
}

TEST(Speedscope, ShowsTheLargestThread) {
  Profile profile = timed_profile();
  const StackId other = profile.push(kRoot, profile.intern({.function = "big-7/9"}));
  profile.add(other, std::vector<std::int64_t>{1, 500});
  profile.timeline.push_back({.at = 200, .stack = other, .value = 500});
  EXPECT_EQ(written(profile)["activeProfileIndex"], 1);
}

TEST(Speedscope, JoinsSamplesThatDoNotChange) {
  Profile profile = timed_profile();
  profile.timeline[1].stack = profile.timeline[0].stack;
  EXPECT_EQ(written(profile)["profiles"][0]["weights"], json({50}));
}

TEST(Speedscope, MergesFramesThatDifferInTheirLineOnly) {
  Profile profile(std::vector<ValueType>{{.name = "n", .unit = "count"}});
  for (const std::int64_t line : {1, 2}) {
    profile.add(profile.push(kRoot, profile.intern({.function = "f", .file = "a", .line = line})),
                std::vector<std::int64_t>{1});
  }
  EXPECT_EQ(written(profile)["shared"]["frames"].size(), 1U);
}

TEST(Speedscope, KeepsHostileNamesText) {
  EXPECT_EQ(written(hostile_profile())["shared"]["frames"][0]["name"],
            "\"\\\\x1b\\xff\\x0a</script>");
}

}  // namespace
}  // namespace tidemark
