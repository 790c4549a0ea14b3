#include "lib/report/profile_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "lib/report/escape.h"
#include "tests/lib/report/converters_sample.h"

namespace tidemark {
namespace {

using nlohmann::json;

TEST(ProfileJson, HoldsTheWholeProfile) {
  const json document = json::parse(to_profile_json(timed_profile()));
  EXPECT_EQ(document["format"], "tidemark-profile");
  EXPECT_EQ(document["version"], 1);
  EXPECT_EQ(document["title"], "timed");
  EXPECT_EQ(document["default_value"], 1);
  EXPECT_EQ(document["value_types"][1], json({{"name", "cpu"}, {"unit", "nanoseconds"}}));
  EXPECT_EQ(document["frames"][1], json({{"name", "main"},
                                         {"function", "main"},
                                         {"file", "/src/a.c"},
                                         {"line", 3},
                                         {"module", "/bin/srv"}}));
  EXPECT_EQ(document["stacks"], json::parse("[[0,0],[1,1],[2,2],[2,3]]"));
  EXPECT_EQ(document["values"], json::parse("[[3,2,40],[4,1,10]]"));
  EXPECT_EQ(document["timeline"], json::parse("[[100,3,40],[140,4,10]]"));
}

TEST(ProfileJson, KeepsAnyBytesSoThatTheyReadBack) {
  const json frame = json::parse(to_profile_json(hostile_profile()))["frames"][0];
  EXPECT_EQ(reversed(frame["function"].get<std::string>()), "\"\\\x1b\xff\n</script>");
}

TEST(ProfileJson, WritesNumbersThatNeedMoreThan53BitsAsText) {
  Profile profile(std::vector<ValueType>{{.name = "n", .unit = "count"}});
  profile.intern({.module = "m", .address = 0xffffffff81000000, .offset = 0x10});
  const json frame = json::parse(to_profile_json(profile))["frames"][0];
  EXPECT_EQ(frame["address"], "0xffffffff81000000");
  EXPECT_EQ(frame["offset"], "0x10");
}

}  // namespace
}  // namespace tidemark
