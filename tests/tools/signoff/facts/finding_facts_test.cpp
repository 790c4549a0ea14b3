#include "tools/signoff/facts/finding_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "lib/base/file.h"
#include "lib/report/pprof_writer.h"
#include "tests/lib/scratch.h"

namespace tidemark::signoff {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Site site(FindingKind kind, std::string fingerprint, std::int64_t bytes = 0,
          std::int64_t blocks = 0) {
  return {.kind = kind, .fingerprint = std::move(fingerprint), .bytes = bytes, .blocks = blocks};
}

// A run that ended as it was meant to.
RunFacts ended(std::string backend) {
  RunFacts facts;
  facts.run.tool = "memprof";
  facts.run.backend = std::move(backend);
  facts.run.state = "ended";
  facts.run.end = {.kind = EndKind::kStopped};
  return facts;
}

RunFacts with(RunFacts facts, const Document& document) {
  add_findings(document, facts);
  return facts;
}

std::optional<double> value_of(const RunFacts& facts, std::string_view metric) {
  for (const budget::Measure& one : facts.measures) {
    if (one.metric == metric) return one.value;
  }
  return std::nullopt;
}

const Document& leaky() {
  static const Document document{
      .verdict = Verdict::kFound,
      .verdict_text = "2 definite leaks",
      .sites = {site(FindingKind::kDefiniteLeak, "a", 1000, 10),
                site(FindingKind::kDefiniteLeak, "b", 24, 1),
                site(FindingKind::kPossibleLeak, "c", 7, 7), site(FindingKind::kInvalidAccess, "d"),
                site(FindingKind::kReachable, "e", 5)},
      .suppressed = {site(FindingKind::kDefiniteLeak, "f", 999, 9)}};
  return document;
}

TEST(FindingFacts, CountDefiniteLeaksThatAreNotSuppressed) {
  const RunFacts facts = with(ended("memcheck"), leaky());
  EXPECT_EQ(value_of(facts, "leaks.bytes"), 1024);
  EXPECT_EQ(value_of(facts, "leaks.blocks"), 11);
  EXPECT_EQ(value_of(facts, "leaks.sites"), 2);
  EXPECT_EQ(value_of(facts, "memory_errors"), 1);
  EXPECT_EQ(value_of(facts, "races"), std::nullopt);
  EXPECT_EQ(facts.verdict, State::kFailed);
  EXPECT_TRUE(facts.judges_leaks);
  EXPECT_THAT(facts.measures.front().basis, HasSubstr("1 suppressed"));
}

TEST(FindingFacts, NewLeaksAreThoseThatTheBaselineLacks) {
  const RunFacts facts = with(ended("memcheck"), leaky());
  const std::vector<std::string> known = {"b", "c"};
  EXPECT_EQ(new_sites(facts, "leaks.new", &known)->value, 1);
  EXPECT_EQ(new_sites(facts, "leaks.new", nullptr)->not_applicable, "no baseline was given");
  EXPECT_FALSE(new_sites(facts, "races.new", &known));
}

TEST(FindingFacts, OnlyWhoLooksForRacesSaysThatThereIsNone) {
  const Document clean{.verdict = Verdict::kClean};
  EXPECT_EQ(value_of(with(ended("helgrind"), clean), "races"), 0);
  EXPECT_EQ(value_of(with(ended("drd"), clean), "races"), 0);
  for (const char* other : {"memcheck", "massif", "heap", "lsan-log", "perf"}) {
    EXPECT_EQ(value_of(with(ended(other), clean), "races"), std::nullopt) << other;
  }
}

TEST(FindingFacts, OnlyWhoLooksForLeaksSaysThatThereIsNone) {
  const Document clean{.verdict = Verdict::kClean};
  EXPECT_EQ(value_of(with(ended("memcheck"), clean), "leaks.bytes"), 0);
  EXPECT_EQ(value_of(with(ended("lsan-log"), clean), "leaks.bytes"), 0);
  for (const char* other : {"massif", "heap", "gperf-heap", "helgrind", "perf"}) {
    EXPECT_EQ(value_of(with(ended(other), clean), "leaks.bytes"), std::nullopt) << other;
  }
}

// What a run that was cut off in some way says of leaks.
RunFacts spoilt_by(const std::function<void(RunFacts&, Document&)>& spoil) {
  RunFacts facts = ended("memcheck");
  Document document{.verdict = Verdict::kClean};
  spoil(facts, document);
  return with(std::move(facts), document);
}

TEST(FindingFacts, NoLeakInAPartOfARunIsNoCleanRun) {
  const std::vector<std::function<void(RunFacts&, Document&)>> spoils = {
      [](RunFacts& facts, Document&) { facts.run.cut_short = "interrupted"; },
      [](RunFacts& facts, Document&) { facts.run.state = "running"; },
      [](RunFacts& facts, Document&) { facts.run.end = {.kind = EndKind::kKilled}; },
      [](RunFacts& facts, Document&) { facts.run.end = {.kind = EndKind::kSignalled}; },
      [](RunFacts& facts, Document&) {
        facts.run.load = {"pressure", "run"};
      },
      [](RunFacts& facts, Document&) {
        facts.run.load = {"wrk"};
        facts.run.load_end = {.kind = EndKind::kExited, .code = 1};
      },
      [](RunFacts&, Document& document) { document.partial = true; },
      [](RunFacts&, Document& document) { document.verdict = Verdict::kFailed; },
      [](RunFacts&, Document& document) { document.processes = {{.finished = false}}; }};
  for (std::size_t i = 0; i < spoils.size(); ++i) {
    const RunFacts facts = spoilt_by(spoils[i]);
    EXPECT_THAT(facts.measures, IsEmpty()) << i;
    EXPECT_FALSE(facts.judges_leaks) << i;
    EXPECT_THAT(facts.warnings, Contains(HasSubstr("findings do not count"))) << i;
  }
}

TEST(FindingFacts, ALoadWhoseLimitsDidNotHoldWasStillALoad) {
  const RunFacts facts = spoilt_by([](RunFacts& run, Document&) {
    run.run.load = {"/opt/bin/pressure", "run"};
    run.run.load_end = {.kind = EndKind::kExited, .code = 1};
  });
  EXPECT_EQ(value_of(facts, "leaks.bytes"), 0);
}

TEST(FindingFacts, AHeapProfileHasNothingToJudge) {
  const Document document{.verdict = Verdict::kUndecided,
                          .sites = {site(FindingKind::kInUse, "a", 100)}};
  EXPECT_EQ(with(ended("massif"), document).verdict, State::kNotApplicable);
  Document growing = document;
  growing.sites.push_back(site(FindingKind::kGrowth, "b", 100));
  EXPECT_EQ(with(ended("massif"), growing).verdict, State::kInconclusive);
  Document cut = document;
  cut.partial = true;
  EXPECT_EQ(with(ended("massif"), cut).verdict, State::kInconclusive);
}

TEST(FindingFacts, ATargetThatCrashedFailedAndAProfilerThatDidIsNotDone) {
  const Document failed{.verdict = Verdict::kFailed};
  RunFacts crashed = ended("memcheck");
  crashed.run.end = {.kind = EndKind::kSignalled, .code = 11};
  EXPECT_EQ(with(crashed, failed).verdict, State::kFailed);
  RunFacts unready = ended("memcheck");
  unready.run.end = {.kind = EndKind::kNeverReady};
  EXPECT_EQ(with(unready, failed).verdict, State::kNotDone);
}

// A run directory with a heap profile: main calls parse and serve, which allocate.
class Heap {
 public:
  explicit Heap(std::string backend) : facts_(ended(std::move(backend))) {
    facts_.directory = scratch_.path;
    Profile profile({{"inuse_objects", "count"}, {"inuse_space", "bytes"}});
    add(profile, {"main", "json_parse", "json_parse_value", "malloc"}, 10, 1000);
    add(profile, {"main", "json_parse", "malloc"}, 5, 500);
    add(profile, {"main", "serve", "malloc"}, 100, 400);
    write_file(scratch_.path / "profile.pb.gz", to_pprof(profile));
  }

  RunFacts facts(const Document& document = {}) {
    add_heap(&document, facts_);
    return facts_;
  }

  std::optional<budget::Measure> below(std::string pattern, const Document& document = {}) {
    return measure_of(facts(document), {.metric = "site", .argument = std::move(pattern)}, nullptr);
  }

 private:
  static void add(Profile& profile, const std::vector<std::string>& functions, std::int64_t objects,
                  std::int64_t bytes) {
    StackId stack = kRoot;
    for (const std::string& function : functions) {
      stack = profile.push(stack, profile.intern({.function = function}));
    }
    const std::int64_t values[] = {objects, bytes};
    profile.add(stack, values);
  }

  Scratch scratch_;
  RunFacts facts_;
};

TEST(HeapFacts, MemoryBelowAPatternCountsEachStackOnce) {
  EXPECT_EQ(Heap("gperf-heap").below("json_parse*")->value, 1500);
  EXPECT_EQ(Heap("gperf-heap").below("main")->value, 1900);
  EXPECT_EQ(Heap("gperf-heap").below("serve")->value, 400);
  EXPECT_LT(Heap("gperf-heap").below("serve")->error, 0);
}

TEST(HeapFacts, ANameThatNoStackHasIsNotMeasured) {
  EXPECT_FALSE(Heap("gperf-heap").below("json_prase*"));
}

TEST(HeapFacts, WhatWasNotFreedIsNotWhatIsInUse) { EXPECT_FALSE(Heap("memcheck").below("main")); }

TEST(HeapFacts, OfASampledProfileTheErrorsAddUpToThatOfItsSum) {
  Document document;
  document.totals = {{.name = "inuse_space", .unit = "bytes", .value = 1900, .error = 600}};
  EXPECT_NEAR(Heap("heap").below("main", document)->error, 600, 1);
  const double parse = Heap("heap").below("json_parse*", document)->error;
  const double serve = Heap("heap").below("serve", document)->error;
  EXPECT_NEAR(std::hypot(parse, serve), 600, 1);
  EXPECT_GT(parse, serve);
}

TEST(HeapFacts, NothingInUseIsAsUnsureAsASample) {
  Document document;
  document.totals = {{.name = "inuse_space", .unit = "bytes", .value = 0, .error = 0},
                     {.name = "alloc_space", .unit = "bytes", .value = 1000, .error = 1000}};
  const RunFacts facts = Heap("heap").facts(document);
  ASSERT_EQ(value_of(facts, "heap.steady"), 0);
  EXPECT_EQ(facts.measures.front().error, 1000);
}

TEST(HeapFacts, MassifsPeakIsItsLargestSnapshot) {
  Document document;
  Series heap{.name = "heap", .unit = "bytes", .at_unit = "ms"};
  for (int i = 0; i < 40; ++i) heap.points.push_back({.at = i, .value = i < 10 ? 900 - i : 100});
  document.series = {heap};
  RunFacts facts = ended("massif");
  add_heap(&document, facts);
  EXPECT_EQ(value_of(facts, "heap.peak"), 900);
  EXPECT_EQ(value_of(facts, "heap.steady"), 100);
}

}  // namespace
}  // namespace tidemark::signoff
