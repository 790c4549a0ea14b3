#include "lib/analyze/teardown.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace tidemark {
namespace {

using ::testing::ElementsAre;

Profile taken(std::int64_t at, const std::string& unit) {
  Profile profile(std::vector<ValueType>{{.name = "inuse_space", .unit = "bytes"}});
  profile.at = at;
  profile.at_unit = unit;
  return profile;
}

Recording taken_at(const std::vector<std::int64_t>& times, const std::string& unit = "ms") {
  Recording recording;
  for (const std::int64_t at : times) recording.profiles.push_back(taken(at, unit));
  return recording;
}

std::vector<std::int64_t> kept(Recording recording, std::int64_t teardown) {
  leave_out_teardown(recording, teardown);
  std::vector<std::int64_t> times;
  for (const Profile& profile : recording.profiles) times.push_back(profile.at);
  return times;
}

TEST(Teardown, LastsFromTheAskingToTheEnd) {
  EXPECT_EQ(teardown_of({.ended_ms = 5000, .stop_ms = 4200}), 800);
  EXPECT_EQ(teardown_of({.ended_ms = 5000}), 0);
  EXPECT_EQ(teardown_of({.stop_ms = 4200}), 0);
}

TEST(Teardown, HasTheLastProfiles) {
  EXPECT_THAT(kept(taken_at({100, 4000, 4500, 5000}), 800), ElementsAre(100, 4000));
}

TEST(Teardown, IsCountedFromTheLastThatTheProfilerSays) {
  Recording recording = taken_at({100, 4000, 4500});
  recording.series.push_back({.name = "heap", .at_unit = "ms", .points = {{.at = 5000}}});
  EXPECT_THAT(kept(recording, 800), ElementsAre(100, 4000));
}

TEST(Teardown, LeavesSomethingToLookAt) {
  EXPECT_THAT(kept(taken_at({100, 200}), 800), ElementsAre(100, 200));
}

TEST(Teardown, IsNotKnownOnOtherClocks) {
  EXPECT_THAT(kept(taken_at({100, 4000, 5000}, "instructions"), 800), ElementsAre(100, 4000, 5000));
}

TEST(Teardown, HasTheLastPoints) {
  Series series{.name = "heap", .at_unit = "ms", .points = {{.at = 1}, {.at = 900}, {.at = 1000}}};
  leave_out_teardown(series, 200);
  EXPECT_THAT(series.points, ElementsAre(Point{.at = 1}));
}

}  // namespace
}  // namespace tidemark
