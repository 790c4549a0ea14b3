#include "tools/signoff/history/lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "tests/tools/signoff/history/simulated.h"

namespace tidemark::signoff {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

HistoryEntry night(const std::string& version, std::vector<double> values, double error = -1) {
  HistoryEntry entry{.campaign = "nightly", .version = version};
  for (const double value : values) {
    entry.measures.push_back(
        {.phase = "p", .metric = "rss.peak", .unit = "bytes", .value = value, .error = error});
  }
  return entry;
}

std::vector<double> values_of(const Line& line) {
  std::vector<double> out;
  for (const LinePoint& point : line.points) out.push_back(point.value);
  return out;
}

TEST(Lines, OnlyLikeIsComparedWithLike) {
  std::vector<HistoryEntry> entries(8, night("1", {1}));
  entries[1].campaign = "weekly";
  entries[2].host = "elsewhere";
  entries[3].flavour = "debug";
  entries[4].scale = 0.01;
  entries[5].measures[0].phase = "other";
  entries[6].measures[0].stage = "steady";
  entries[7].measures[0].metric = "heap.peak";
  EXPECT_THAT(lines_of(entries), SizeIs(8));
}

TEST(Lines, RepetitionsOfANightAreOnePoint) {
  const Line line = lines_of({night("1", {10, 14}), night("2", {20}, 3)}).at(0);
  EXPECT_THAT(values_of(line), ElementsAre(12, 20));
  EXPECT_DOUBLE_EQ(line.points[0].error, 2);
  EXPECT_DOUBLE_EQ(line.points[1].error, 3);
}

TEST(Lines, WhatRunsSayOfThemselvesIsTheLeastError) {
  const Line line = lines_of({night("1", {10, 10, 10, 10}, 6)}).at(0);
  EXPECT_DOUBLE_EQ(line.points[0].error, 3);
}

TEST(Lines, NightsOfOneVersionAreOnePointWhereThereAreVersionsEnough) {
  std::vector<HistoryEntry> entries;
  for (const char* version : {"1", "1", "2", "3", "4", "5", "6", "6"}) {
    entries.push_back(night(version, {static_cast<double>(entries.size())}));
  }
  EXPECT_THAT(values_of(lines_of(entries).at(0)), ElementsAre(0.5, 2, 3, 4, 5, 6.5));
}

TEST(Lines, WithFewVersionsEachNightIsAPoint) {
  std::vector<HistoryEntry> entries(7, night("1.4", {1}));
  for (std::size_t i = 0; i < entries.size(); ++i) {
    entries[i].started_ms = 1'700'000'000'000 + static_cast<std::int64_t>(i) * 86'400'000;
  }
  const Line line = lines_of(entries).at(0);
  EXPECT_THAT(line.points, SizeIs(7));
  EXPECT_EQ(line.points[0].name(), "1.4 of 2023-11-14");
}

TEST(Lines, NightsWithoutAVersionAreTheirDates) {
  HistoryEntry entry = night("", {1});
  entry.started_ms = 1'700'000'000'000;
  const Line line = lines_of({entry, entry}).at(0);
  EXPECT_THAT(line.points, SizeIs(2));
  EXPECT_EQ(line.points[0].name(), "2023-11-14");
}

TEST(Lines, AreChosenByGlobs) {
  const auto entries = simulate(two_years());
  EXPECT_THAT(lines_of(entries, {.metric = "rss*"}), SizeIs(2));
  EXPECT_THAT(lines_of(entries, {.phase = "n?rmal", .metric = "*p95"}), SizeIs(1));
  EXPECT_THAT(lines_of(entries, {.phase = "other"}), IsEmpty());
}

TEST(Lines, LeaveOutNumbersThatAreNone) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(lines_of({night("1", {none})}), IsEmpty());
  HistoryEntry entry = night("1", {1});
  entry.scale = none;
  EXPECT_THAT(lines_of({entry, entry}), SizeIs(1));
}

}  // namespace
}  // namespace tidemark::signoff
