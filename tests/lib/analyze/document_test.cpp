#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/analyze/document_of.h"
#include "lib/analyze/profile_findings.h"
#include "lib/analyze/sites.h"

namespace tidemark {
namespace {

using testing::ElementsAre;

Finding leak(const char* function, std::int64_t bytes) {
  return {.kind = FindingKind::kDefiniteLeak,
          .bytes = bytes,
          .blocks = 1,
          .stacks = {{.frames = {{.function = function, .file = "a.c", .line = 3}}}}};
}

Run ended(EndKind kind, int code = 0) {
  return {.tool = "memprof",
          .target = {"/usr/bin/service"},
          .backend = "memcheck",
          .state = "ended",
          .end = {.kind = kind, .code = code}};
}

Document judged(Run run, Recording recording = {}) {
  std::vector<Finding> findings = findings_of(recording);
  return document_of({.run = std::move(run),
                      .recordings = {std::move(recording)},
                      .findings = std::move(findings)});
}

TEST(DocumentOf, NamesTheOnlyLeak) {
  const Document document = judged(ended(EndKind::kStopped), {.findings = {leak("f", 3200)}});
  EXPECT_EQ(document.verdict, Verdict::kFound);
  EXPECT_EQ(document.verdict_text, "1 definite leak: 3,200 B in f");
}

TEST(DocumentOf, CountsWhatItFoundByKind) {
  const Finding race{.kind = FindingKind::kRace, .stacks = {{.frames = {{.function = "r"}}}}};
  EXPECT_EQ(judged(ended(EndKind::kExited), {.findings = {leak("f", 1000), leak("g", 200), race}})
                .verdict_text,
            "2 definite leaks (1,200 B) and 1 data race; the worst: 1,000 B in f");
}

TEST(DocumentOf, IsCleanOnlyAfterAWholeRun) {
  EXPECT_EQ(judged(ended(EndKind::kStopped)).verdict, Verdict::kClean);
  EXPECT_EQ(judged(ended(EndKind::kExited)).verdict, Verdict::kClean);
  EXPECT_EQ(judged(ended(EndKind::kKilled)).verdict, Verdict::kUndecided);
  EXPECT_EQ(judged(ended(EndKind::kRunning)).verdict, Verdict::kUndecided);
  EXPECT_EQ(judged(ended(EndKind::kStopped), {.partial = true}).verdict, Verdict::kUndecided);
  EXPECT_EQ(
      judged(ended(EndKind::kStopped), {.processes = {{.pid = 1, .finished = false}}}).verdict,
      Verdict::kUndecided);
}

TEST(DocumentOf, IsNeverCleanWhenTheRunWasCutShort) {
  tidemark::Run run = ended(EndKind::kStopped);
  run.cut_short = "interrupted";
  EXPECT_EQ(judged(run).verdict_text, "nothing found, but the run was cut short: interrupted");
}

TEST(DocumentOf, CannotTellGrowthFromACacheThatFills) {
  Finding growth = leak("f", 4096);
  growth.kind = FindingKind::kGrowth;
  const Document document = judged(ended(EndKind::kStopped), {.findings = {growth}});
  EXPECT_EQ(document.verdict, Verdict::kUndecided);
  EXPECT_EQ(document.verdict_text,
            "memory grows in 1 place, most in f: by 4,096 B; a longer run would show whether it "
            "stops");
}

TEST(DocumentOf, FailsWhenTheTargetFailed) {
  EXPECT_EQ(judged(ended(EndKind::kNotStarted)).verdict_text, "service did not start");
  EXPECT_EQ(judged(ended(EndKind::kNeverReady)).verdict, Verdict::kFailed);
  EXPECT_EQ(judged(ended(EndKind::kExited, 3)).verdict_text, "service exited with code 3");
  const Document crashed = judged(ended(EndKind::kSignalled, 11), {.findings = {leak("f", 8)}});
  EXPECT_EQ(crashed.verdict, Verdict::kFailed);
  EXPECT_EQ(crashed.verdict_text,
            "service was ended by signal 11; found before: 1 definite leak: 8 B in f");
  EXPECT_EQ(crashed.sites.size(), 1U);
}

TEST(DocumentOf, FailsWhenTheProfilerLeftNothing) {
  const Document document = document_of({.run = ended(EndKind::kStopped)});
  EXPECT_EQ(document.verdict, Verdict::kFailed);
  EXPECT_EQ(document.verdict_text, "memcheck left no result");
}

TEST(DocumentOf, TakesASanitizersExitCodeAsItsFinding) {
  Recording recording{.producer = "LeakSanitizer", .findings = {leak("f", 8)}};
  EXPECT_EQ(judged(ended(EndKind::kExited, 23), recording).verdict, Verdict::kFound);
  recording.findings.clear();
  EXPECT_EQ(judged(ended(EndKind::kExited, 23), recording).verdict, Verdict::kFailed);
}

TEST(DocumentOf, DoubtsARunWhoseLoadFailed) {
  tidemark::Run run = ended(EndKind::kStopped);
  run.load = {"wrk"};
  run.load_end = {.kind = EndKind::kExited, .code = 1};
  EXPECT_EQ(judged(run).verdict_text, "nothing found, but the load failed (exited 1)");
}

TEST(DocumentOf, DoesNotCountWhatIsReachable) {
  Finding reachable = leak("f", 100);
  reachable.kind = FindingKind::kReachable;
  EXPECT_EQ(judged(ended(EndKind::kStopped), {.findings = {reachable}}).verdict, Verdict::kClean);
}

TEST(DocumentOf, CannotDecideFromAHeapProfile) {
  Profile heap(std::vector<ValueType>{{.name = "inuse_space", .unit = "bytes"}});
  heap.add(heap.push(kRoot, heap.intern({.function = "f"})), std::vector<std::int64_t>{70});
  const Document document = judged(ended(EndKind::kExited), {.profiles = {heap}});
  EXPECT_EQ(document.verdict, Verdict::kUndecided);
  EXPECT_THAT(document.verdict_text, testing::EndsWith("most is in use from f: 70 B"));
  EXPECT_EQ(document.sites.at(0).title, "in use: 70 B from f");
}

TEST(DocumentOf, JudgesAgainstABaseline) {
  DocumentParts parts{.run = ended(EndKind::kStopped),
                      .recordings = {{}},
                      .findings = {leak("known", 8)},
                      .baseline = "last",
                      .baseline_sites = sites_of({leak("known", 8), leak("gone", 8)})};
  const Document clean = document_of(parts);
  EXPECT_EQ(clean.verdict_text, "nothing new; 1 known");
  EXPECT_EQ(clean.verdict, Verdict::kClean);
  EXPECT_EQ(clean.fixed.size(), 1U);
  parts.findings.push_back(leak("fresh", 9));
  EXPECT_EQ(document_of(parts).verdict_text, "new: 1 definite leak: 9 B in fresh");
}

TEST(DocumentOf, CountsWhatEachRuleSuppressed) {
  const Document document = document_of({.run = ended(EndKind::kStopped),
                                         .recordings = {{}},
                                         .suppressed = {leak("f", 8), leak("f", 8)},
                                         .suppressed_by = {"r1", "r1"},
                                         .suppressions = {{.id = "r1"}, {.id = "r2"}}});
  EXPECT_EQ(document.verdict, Verdict::kClean);
  ASSERT_EQ(document.suppressed.size(), 1U);
  EXPECT_EQ(document.suppressed[0].suppressed_by, "r1");
  EXPECT_EQ(document.suppressions[0].sites, 1);
  EXPECT_EQ(document.suppressions[0].bytes, 16);
  EXPECT_EQ(document.suppressions[1].sites, 0);
}

TEST(DocumentOf, PutsTheSumOfAllProcessesFirst) {
  Profile heap(std::vector<ValueType>{{.name = "inuse_space", .unit = "bytes"}});
  heap.title = "heap";
  heap.add(heap.push(kRoot, heap.intern({.function = "f"})), std::vector<std::int64_t>{70});
  const Document document =
      document_of({.recordings = {{.profiles = {heap}}, {.profiles = {heap}}}});
  ASSERT_EQ(document.profiles.size(), 3U);
  EXPECT_EQ(document.profiles[0].title, "all processes: heap");
  EXPECT_THAT(document.profiles[0].total(), ElementsAre(140));
}

}  // namespace
}  // namespace tidemark
