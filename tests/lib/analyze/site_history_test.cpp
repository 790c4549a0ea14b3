#include "lib/analyze/site_history.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/error.h"

namespace tidemark {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

struct Held {
  std::string function;
  std::int64_t bytes = 0;
  std::int64_t line = 0;
  std::uint64_t address = 0;
  double variance = 0;
};

// A heap profile in which main -> f -> malloc holds so much.
Profile heap(const std::vector<Held>& all) {
  Profile profile(
      {{.name = "inuse_objects", .unit = "count"}, {.name = "inuse_space", .unit = "bytes"}});
  for (const Held& held : all) {
    StackId stack = profile.push(kRoot, profile.intern({.function = "main"}));
    stack = profile.push(stack, profile.intern({.function = held.function,
                                                .file = "service.cpp",
                                                .line = held.line,
                                                .address = held.address}));
    stack = profile.push(stack, profile.intern({.function = "malloc"}));
    profile.add(stack, std::vector<std::int64_t>{held.bytes / 100, held.bytes});
    if (held.variance > 0) profile.add_variance(stack, std::vector<double>{0, held.variance});
  }
  return profile;
}

std::vector<double> bytes_of(const SiteSeries& series) {
  std::vector<double> all;
  for (const SitePoint& point : series.points) all.push_back(point.bytes);
  return all;
}

TEST(SiteHistory, MakesASeriesOfEachSite) {
  SiteHistory history;
  history.add({.at_ms = 1'000'000}, heap({{.function = "f", .bytes = 300}}));
  history.add({.at_ms = 4'600'000}, heap({{.function = "f", .bytes = 500}}));
  ASSERT_THAT(history.series(), SizeIs(1));
  const SiteSeries series = history.series()[0];
  EXPECT_EQ(series.place.function, "f");
  EXPECT_EQ(series.points, (std::vector<SitePoint>{{.hours = 0, .bytes = 300, .step = 100},
                                                   {.hours = 1, .bytes = 500, .step = 100}}));
}

TEST(SiteHistory, KnowsASiteAgainAfterARecompilation) {
  SiteHistory history;
  history.add({.at_ms = 0}, heap({{.function = "f", .bytes = 300, .line = 10, .address = 0x1000}}));
  history.add({.at_ms = 1}, heap({{.function = "f", .bytes = 500, .line = 10, .address = 0x9040}}));
  EXPECT_THAT(history.series(), SizeIs(1));
}

TEST(SiteHistory, TellsTwoLinesOfOneFunctionApartAndNumbersThem) {
  SiteHistory before;
  before.add({}, heap({{.function = "f", .bytes = 300, .line = 10},
                       {.function = "f", .bytes = 500, .line = 20}}));
  SiteHistory after;
  after.add({}, heap({{.function = "f", .bytes = 300, .line = 13},
                      {.function = "f", .bytes = 500, .line = 23}}));
  ASSERT_THAT(before.series(), SizeIs(2));
  EXPECT_EQ(before.series()[0].fingerprint, after.series()[0].fingerprint);
  EXPECT_EQ(before.series()[1].fingerprint, after.series()[1].fingerprint);
  EXPECT_NE(before.series()[0].fingerprint, before.series()[1].fingerprint);
}

TEST(SiteHistory, CountsASiteThatIsGoneAsNothing) {
  SiteHistory history;
  history.add({.at_ms = 0}, heap({{.function = "f", .bytes = 300}}));
  history.add({.at_ms = 1}, heap({{.function = "g", .bytes = 100}}));
  history.add({.at_ms = 2}, heap({{.function = "f", .bytes = 200}}));
  for (const SiteSeries& series : history.series()) {
    const bool is_f = series.place.function == "f";
    EXPECT_EQ(bytes_of(series),
              is_f ? (std::vector<double>{300, 0, 200}) : (std::vector<double>{0, 100, 0}));
  }
}

TEST(SiteHistory, KnowsNothingOfASiteThatAnIncompleteSnapshotLacks) {
  SiteHistory history;
  history.add({.at_ms = 0}, heap({{.function = "f", .bytes = 300}}));
  history.add({.at_ms = 1, .complete = false}, heap({}));
  history.add({.at_ms = 2}, heap({{.function = "f", .bytes = 200}}));
  EXPECT_THAT(bytes_of(history.series()[0]), ElementsAre(300, 200));
}

TEST(SiteHistory, KeepsTheSamplingErrorAndTheSmallestStep) {
  SiteHistory history;
  history.add({}, heap({{.function = "f", .bytes = 4000, .variance = 8'000'000}}));
  const SitePoint point = history.series()[0].points[0];
  EXPECT_EQ(point.variance, 8'000'000);
  EXPECT_EQ(point.step, 100 + 2000);  // an object, and what one sampled object stands for more
}

TEST(SiteHistory, RefusesAProfileOfSomethingElse) {
  Profile cpu(std::vector<ValueType>{{.name = "cpu", .unit = "nanoseconds"}});
  cpu.title = "cpu";
  SiteHistory history;
  EXPECT_THROW(history.add({}, cpu), Error);
}

}  // namespace
}  // namespace tidemark
