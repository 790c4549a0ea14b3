#include "lib/analyze/site_history.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "lib/analyze/call_stacks.h"
#include "lib/analyze/growth_report.h"
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

TEST(SiteHistory, KnowsHowLongTheBlocksOfASiteLived) {
  SiteHistory history;
  const Profile profile = heap({{.function = "f", .bytes = 300, .line = 10}});
  history.add({.at_ms = 0}, profile);
  CallStacks stacks(profile);
  const CallStack stack = stacks.of(StackId{3});
  const auto look = [&](std::uint64_t now_s, std::vector<LivingBlock> living) {
    history.add_lives("4711", {{.stack = stack,
                                .look = {.since_ns = 1,
                                         .now_ns = now_s * 1'000'000'000,
                                         .living = std::move(living),
                                         .freed = {}}}});
  };
  look(10, {{.born_ns = 4'000'000'000}, {.born_ns = 6'000'000'000}});
  look(20, {{.born_ns = 6'000'000'000}});
  const SiteSeries series = history.series().at(0);
  EXPECT_NEAR(series.watched_s, 20, 1e-6);
  ASSERT_THAT(series.lifetimes, SizeIs(2));
  EXPECT_EQ(series.lifetimes[0].low_s, 6);
  EXPECT_EQ(series.lifetimes[0].high_s, 16);
  EXPECT_EQ(series.lifetimes[1].high_s, kStillAlive);
}

// 100 bytes a second, and 10 requests a second; the service was started again at 5 h.
TEST(GrowthReport, TellsTheGrowthPerRequest) {
  SiteHistory history;
  std::vector<RequestCount> counts;
  for (int i = 0; i <= 20; ++i) {
    history.add({.at_ms = i * 1'800'000}, heap({{.function = "f", .bytes = 1000 + i * 180'000}}));
    counts.push_back({.at_ms = i * 1'800'000, .requests = 18'000.0 * (i < 10 ? i : i - 10)});
  }
  GrowthReport report = growth_report(history);
  ASSERT_THAT(report.sites, SizeIs(1));
  add_per_request(report, counts);
  const auto rate = report.sites[0].bytes_per_million_requests;
  ASSERT_TRUE(rate.has_value());
  EXPECT_NEAR(rate->value, 10e6, 1e6);  // what came between the last look and the restart is lost
  EXPECT_LE(rate->low, rate->value);
  EXPECT_GE(rate->high, rate->value);
}

TEST(GrowthReport, SaysNothingPerRequestWhereNoneWereCounted) {
  SiteHistory history;
  for (int i = 0; i <= 20; ++i) {
    history.add({.at_ms = i * 1'800'000}, heap({{.function = "f", .bytes = 1000 + i * 180'000}}));
  }
  GrowthReport report = growth_report(history);
  add_per_request(report, {});
  EXPECT_FALSE(report.sites.at(0).bytes_per_million_requests.has_value());
}

TEST(SiteHistory, RefusesAProfileOfSomethingElse) {
  Profile cpu(std::vector<ValueType>{{.name = "cpu", .unit = "nanoseconds"}});
  cpu.title = "cpu";
  SiteHistory history;
  EXPECT_THROW(history.add({}, cpu), Error);
}

}  // namespace
}  // namespace tidemark
