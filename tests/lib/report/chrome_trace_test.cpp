#include "lib/report/chrome_trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/lib/report/converters_sample.h"

namespace tidemark {
namespace {

using nlohmann::json;
using testing::ElementsAre;

// "name ts+dur" of each call.
std::vector<std::string> calls(const Profile& profile, std::size_t value) {
  std::vector<std::string> found;
  const json document = json::parse(to_chrome_trace(profile, value));
  for (const json& event : document["traceEvents"]) {
    if (event["ph"] != "X") continue;
    found.push_back(event["name"].get<std::string>() + " " + event["ts"].dump() + "+" +
                    event["dur"].dump());
  }
  return found;
}

TEST(ChromeTrace, ShowsCallsInTime) {
  EXPECT_THAT(calls(timed_profile(), 1),
              ElementsAre("srv-7/8 0.0+0.05", "main 0.0+0.05", "f 0.0+0.04", "g 0.04+0.01"));
}

TEST(ChromeTrace, TellsThreadsApart) {
  const json event = json::parse(to_chrome_trace(timed_profile(), 1))["traceEvents"][0];
  EXPECT_EQ(event["ph"], "M");
  EXPECT_EQ(event["args"]["name"], "srv-7/8");
  EXPECT_EQ(event["pid"], 7);
  EXPECT_EQ(event["tid"], 8);
}

TEST(ChromeTrace, LaysCallsWithoutTimesSideBySide) {
  EXPECT_THAT(calls(untimed_profile(), 0),
              ElementsAre("all 0+3", "srv-7/8 0+3", "main 0+3", "f 0+2", "g 2+1"));
}

TEST(ChromeTrace, KeepsHostileNamesText) {
  EXPECT_NO_THROW(json::parse(to_chrome_trace(hostile_profile(), 0)));
}

}  // namespace
}  // namespace tidemark
