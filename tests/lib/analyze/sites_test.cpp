#include "lib/analyze/sites.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace tidemark {
namespace {

using testing::ElementsAre;

Finding finding(FindingKind kind, const char* function, std::int64_t bytes, std::int64_t blocks) {
  return {.kind = kind,
          .bytes = bytes,
          .blocks = blocks,
          .pid = 7,
          .stacks = {{.frames = {{.function = "malloc"},
                                 {.function = function, .file = "/src/a.cpp", .line = 3},
                                 {.function = "main", .file = "/src/a.cpp", .line = 9}}}}};
}

std::vector<std::string> titles(const std::vector<Site>& sites) {
  std::vector<std::string> all;
  for (const Site& site : sites) all.push_back(site.title);
  return all;
}

TEST(SitesOf, AddsUpEqualFindingsOfAllProcesses) {
  std::vector<Finding> findings(3, finding(FindingKind::kDefiniteLeak, "f", 100, 1));
  findings[1].pid = 5;
  const std::vector<Site> sites = sites_of(findings);
  ASSERT_EQ(sites.size(), 1U);
  EXPECT_EQ(sites[0].title, "definite leak: 300 B in 3 blocks from f (a.cpp:3)");
  EXPECT_EQ(sites[0].count, 3);
  EXPECT_THAT(sites[0].pids, ElementsAre(5, 7));
  EXPECT_EQ(sites[0].place.function, "f");
}

TEST(SitesOf, PutsTheWorstFirst) {
  Finding race = finding(FindingKind::kRace, "r", 0, 0);
  race.count = 12;
  EXPECT_THAT(titles(sites_of({finding(FindingKind::kReachable, "a", 9000, 1),
                               finding(FindingKind::kPossibleLeak, "b", 900, 1),
                               finding(FindingKind::kDefiniteLeak, "c", 10, 1),
                               finding(FindingKind::kDefiniteLeak, "d", 1234567, 2), race,
                               finding(FindingKind::kInvalidAccess, "e", 0, 0)})),
              ElementsAre("invalid access in e (a.cpp:3)",
                          "definite leak: 1,234,567 B in 2 blocks from d (a.cpp:3)",
                          "definite leak: 10 B in 1 block from c (a.cpp:3)",
                          "data race in r (a.cpp:3), 12 times",
                          "possible leak: 900 B in 1 block from b (a.cpp:3)",
                          "still reachable: 9,000 B in 1 block from a (a.cpp:3)"));
}

Finding at_line(std::int64_t line) {
  Finding leak = finding(FindingKind::kDefiniteLeak, "f", 100 * line, 1);
  leak.stacks = {{.frames = {{.function = "f", .file = "a.cpp", .line = line}}}};
  return leak;
}

TEST(SitesOf, KeepsTwoLinesOfOneFunctionApart) {
  const std::vector<Site> sites = sites_of({at_line(10), at_line(20)});
  ASSERT_EQ(sites.size(), 2U);
  EXPECT_NE(sites[0].fingerprint, sites[1].fingerprint);
}

TEST(SitesOf, KeepsTheFingerprintsOfTwoLinesThatShift) {
  const std::vector<Site> before = sites_of({at_line(10), at_line(20)});
  const std::vector<Site> after = sites_of({at_line(23), at_line(13)});
  ASSERT_EQ(after.size(), 2U);
  EXPECT_EQ(before[0].fingerprint, after[0].fingerprint);
  EXPECT_EQ(before[1].fingerprint, after[1].fingerprint);
}

TEST(SitesOf, AddsStandardErrorsInQuadrature) {
  Finding a = finding(FindingKind::kReachable, "f", 100, 1);
  a.bytes_error = 3;
  Finding b = a;
  b.bytes_error = 4;
  EXPECT_DOUBLE_EQ(sites_of({a, b}).at(0).bytes_error, 5);
}

// As memcheck counts: the definite leak's bytes include those it holds.
Finding holder(const char* function, std::int64_t direct, std::int64_t held) {
  Finding leak = finding(FindingKind::kDefiniteLeak, function, direct + held, 1);
  leak.code = "Leak_DefinitelyLost";
  leak.indirect_bytes = held;
  return leak;
}

TEST(SitesOf, PutsAllIndirectLeaksUnderTheOnlyHolder) {
  const std::vector<Site> sites =
      sites_of({holder("f", 16, 300), finding(FindingKind::kIndirectLeak, "g", 100, 1),
                finding(FindingKind::kIndirectLeak, "h", 200, 1)});
  ASSERT_EQ(sites.size(), 1U);
  EXPECT_EQ(sites[0].bytes, 316);
  EXPECT_EQ(sites[0].indirect_bytes, 300);
  EXPECT_THAT(titles(sites[0].holds),
              ElementsAre("indirect leak: 200 B in 1 block from h (a.cpp:3)",
                          "indirect leak: 100 B in 1 block from g (a.cpp:3)"));
}

TEST(SitesOf, MatchesHoldersByTheirBytes) {
  const std::vector<Site> sites =
      sites_of({holder("f", 16, 100), holder("g", 16, 200), holder("k", 8, 0),
                finding(FindingKind::kIndirectLeak, "x", 100, 1),
                finding(FindingKind::kIndirectLeak, "y", 200, 1)});
  ASSERT_EQ(sites.size(), 3U);
  EXPECT_EQ(sites[0].holds.at(0).place.function, "y");
  EXPECT_EQ(sites[1].holds.at(0).place.function, "x");
}

TEST(SitesOf, KeepsIndirectLeaksApartWhenTheHolderIsNotKnown) {
  EXPECT_EQ(sites_of({holder("f", 16, 100), holder("g", 16, 100),
                      finding(FindingKind::kIndirectLeak, "x", 100, 1),
                      finding(FindingKind::kIndirectLeak, "y", 100, 1)})
                .size(),
            4U);
  // The holder was suppressed, or is in another process.
  Finding elsewhere = finding(FindingKind::kIndirectLeak, "x", 100, 1);
  elsewhere.pid = 8;
  EXPECT_EQ(sites_of({holder("f", 16, 100), elsewhere}).size(), 2U);
  EXPECT_EQ(sites_of({holder("f", 16, 0), finding(FindingKind::kIndirectLeak, "x", 100, 1)}).size(),
            2U);
}

TEST(SitesOf, CountsWhatTheOnlyDirectLeakHoldsWhereTheProducerDoesNot) {
  const std::vector<Site> sites = sites_of({finding(FindingKind::kDefiniteLeak, "f", 16, 1),
                                            finding(FindingKind::kIndirectLeak, "x", 100, 1)});
  ASSERT_EQ(sites.size(), 1U);
  EXPECT_EQ(sites[0].bytes, 116);
  EXPECT_EQ(sites[0].indirect_bytes, 100);
}

TEST(SitesOf, TakesFindingsWithoutStacks) {
  EXPECT_THAT(titles(sites_of({{.kind = FindingKind::kOther, .message = "x"}})),
              ElementsAre("other in [unknown]"));
}

}  // namespace
}  // namespace tidemark
