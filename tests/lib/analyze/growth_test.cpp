#include "lib/analyze/growth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/analyze/baseline.h"
#include "lib/analyze/sites.h"

namespace tidemark {
namespace {

using testing::ElementsAre;

Finding in_use(const char* function, std::int64_t bytes) {
  return {.kind = FindingKind::kReachable,
          .bytes = bytes,
          .blocks = 1,
          .stacks = {{.frames = {{.function = function, .file = "a.c", .line = 3}}}}};
}

std::vector<Snapshot> run(std::vector<std::int64_t> leak, std::vector<std::int64_t> cache) {
  std::vector<Snapshot> snapshots;
  for (std::size_t i = 0; i < leak.size(); ++i) {
    snapshots.push_back({.at = static_cast<std::int64_t>(i) * 1000,
                         .at_unit = "ms",
                         .findings = {in_use("leak", leak[i]), in_use("cache", cache[i])}});
  }
  return snapshots;
}

TEST(GrowthOf, TellsALeakFromACacheThatFillsUp) {
  const std::vector<Finding> findings = growth_of(
      run({0, 1000, 2000, 3000, 4000, 5000, 6000}, {0, 40000, 50000, 50000, 50000, 50000, 50000}));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].kind, FindingKind::kGrowth);
  EXPECT_EQ(findings[0].bytes, 6000);
  EXPECT_EQ(findings[0].message, "grew from 0 B to 6,000 B over 7 snapshots");
  EXPECT_EQ(findings[0].stacks.at(0).frames[0].function, "leak");
}

TEST(GrowthOf, SaysNothingFromThreeSnapshots) {
  EXPECT_TRUE(growth_of(run({0, 100000, 200000}, {0, 0, 0})).empty());
}

TEST(GrowthOf, SaysNothingWithinTheErrorOfSampling) {
  std::vector<Snapshot> snapshots =
      run({0, 1000, 2000, 3000, 4000, 5000, 6000}, {0, 0, 0, 0, 0, 0, 0});
  for (Snapshot& snapshot : snapshots) snapshot.findings[0].bytes_error = 2000;
  EXPECT_TRUE(growth_of(snapshots).empty());
  for (Snapshot& snapshot : snapshots) snapshot.findings[0].bytes_error = 1000;
  ASSERT_EQ(growth_of(snapshots).size(), 1U);
  EXPECT_NEAR(growth_of(snapshots)[0].bytes_error, 1414, 1);
}

TEST(AddHistory, GivesTheBytesAtEachSnapshot) {
  std::vector<Site> sites = sites_of({in_use("leak", 9), in_use("other", 9)});
  add_history(sites, run({5, 6}, {0, 0}));
  EXPECT_EQ(sites[0].place.function == "leak" ? sites[1].history.size() : sites[0].history.size(),
            0U);
  const Site& leak = sites[0].place.function == "leak" ? sites[0] : sites[1];
  EXPECT_THAT(leak.history, ElementsAre(Point{0, 5}, Point{1000, 6}));
}

TEST(Judge, TellsNewKnownAndFixedApart) {
  const std::vector<Site> baseline = sites_of({in_use("known", 1), in_use("fixed", 1)});
  std::vector<Site> sites = sites_of({in_use("known", 7), in_use("new", 5)});
  const std::vector<Site> fixed = judge(sites, baseline);
  EXPECT_EQ(sites[0].status, SiteStatus::kKnown);
  EXPECT_EQ(sites[1].status, SiteStatus::kNew);
  ASSERT_EQ(fixed.size(), 1U);
  EXPECT_EQ(fixed[0].place.function, "fixed");
  EXPECT_EQ(fixed[0].status, SiteStatus::kFixed);
}

}  // namespace
}  // namespace tidemark
