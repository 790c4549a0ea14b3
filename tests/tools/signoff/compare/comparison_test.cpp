#include "tools/signoff/compare/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "lib/base/error.h"
#include "tests/tools/signoff/compare/made_runs.h"
#include "tools/signoff/compare/metrics.h"
#include "tools/signoff/compare/site_changes.h"

namespace tidemark::signoff {
namespace {

using budget::Unit;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Runs whose metrics scatter around what `mean_of` says of each.
template <typename MeanOf>
Baseline noisy_side(std::mt19937_64& random, int runs, int metrics, double noise, MeanOf mean_of) {
  std::normal_distribution<double> scatter(0, noise);
  std::vector<RunFacts> all;
  for (int run = 0; run < runs; ++run) {
    RunFacts facts = made_run(fmt::format("run.{}", run + 1));
    for (int metric = 0; metric < metrics; ++metric)
      facts.measures.push_back(made_measure(fmt::format("m{:03}", metric), Unit::kBytes,
                                            mean_of(metric) * (1 + scatter(random))));
    all.push_back(std::move(facts));
  }
  return made_side("side", std::move(all));
}

Baseline side_of(std::vector<RunFacts> runs) { return made_side("side", std::move(runs)); }

RunFacts with(RunFacts facts, budget::Measure measure) {
  facts.measures.push_back(std::move(measure));
  return facts;
}

// Several runs of one metric.
Baseline side_with(const std::string& metric, Unit unit, std::vector<double> values) {
  std::vector<RunFacts> runs;
  for (const double value : values)
    runs.push_back(with(made_run("run"), made_measure(metric, unit, value)));
  return side_of(std::move(runs));
}

Change only_change(const Comparison& comparison) {
  return comparison.pairs.at(0).metrics.at(0).change;
}

TEST(Compare, CallsAtMostOneOf20NullComparisonsWorse) {
  std::mt19937_64 random(7);
  constexpr int kTrials = 400;
  int worse = 0;
  for (int i = 0; i < kTrials; ++i) {
    const auto same = [](int) { return 1e6; };
    const Baseline before = noisy_side(random, 4, 60, 0.02, same);
    const Baseline after = noisy_side(random, 4, 60, 0.02, same);
    if (exit_code_of(compare_runs(before, after, {.same = 0})) == 1) ++worse;
  }
  EXPECT_LE(worse, kTrials * 5 / 100);
}

TEST(Compare, FindsOneMetricOf60ThatRisesBy3PercentWhereNoiseIsAThird) {
  std::mt19937_64 random(11);
  constexpr int kTrials = 100;
  int found = 0;
  for (int i = 0; i < kTrials; ++i) {
    const Baseline before = noisy_side(random, 5, 60, 0.0033, [](int) { return 1e6; });
    const Baseline after =
        noisy_side(random, 5, 60, 0.0033, [](int m) { return m == 17 ? 1.03e6 : 1e6; });
    const Comparison comparison = compare_runs(before, after, {});
    const MetricChange& first = comparison.pairs.at(0).metrics.at(0);
    if (first.metric == "m017" && first.change == Change::kWorse) ++found;
  }
  EXPECT_GE(found, kTrials * 95 / 100);
}

TEST(Compare, OfARateMoreIsBetter) {
  const std::vector<double> slow = {100, 101, 99, 100};
  const std::vector<double> fast = {120, 121, 119, 120};
  const Baseline before = side_with("search.rate", Unit::kPerSecond, slow);
  const Baseline after = side_with("search.rate", Unit::kPerSecond, fast);
  EXPECT_EQ(only_change(compare_runs(before, after, {})), Change::kBetter);
  EXPECT_EQ(only_change(compare_runs(after, before, {})), Change::kWorse);
}

TEST(Compare, OfMemoryMoreIsWorse) {
  const Baseline before = side_with("rss.peak", Unit::kBytes, {100, 101, 99, 100});
  const Baseline after = side_with("rss.peak", Unit::kBytes, {120, 121, 119, 120});
  const Comparison comparison = compare_runs(before, after, {});
  EXPECT_EQ(only_change(comparison), Change::kWorse);
  EXPECT_EQ(headline_of(comparison), "worse: rss.peak rises by 20.0 %");
  EXPECT_EQ(exit_code_of(comparison), 1);
}

TEST(Compare, CountsTheSameNumberUnderSeveralNamesOnce) {
  const auto side = [] {
    RunFacts facts = with(made_run("run"), made_measure("p95", Unit::kNanoseconds, 5));
    facts = with(facts, made_measure("search.p95", Unit::kNanoseconds, 5));
    facts = with(facts, made_measure("p99", Unit::kNanoseconds, 5));
    budget::Measure staged = made_measure("p95", Unit::kNanoseconds, 5);
    staged.stage = "load";
    return side_of({with(facts, staged)});
  };
  const Comparison comparison = compare_runs(side(), side(), {});
  std::vector<std::string> names;
  for (const MetricChange& change : comparison.pairs.at(0).metrics) names.push_back(change.name());
  EXPECT_THAT(names, ElementsAre("p95", "p99"));
}

TEST(Compare, KnowsThePercentilesOfALabelFromItsRate) {
  EXPECT_TRUE(more_is_better("rate"));
  EXPECT_TRUE(more_is_better("search.rate"));
  EXPECT_TRUE(more_is_better("efficiency(8)"));
  EXPECT_FALSE(more_is_better("rate.p99.9"));
  EXPECT_FALSE(more_is_better("rss.peak"));
}

TEST(Compare, ADifferenceThatCannotMatterIsTheSameHoweverSure) {
  const Baseline before = side_with("rss.peak", Unit::kBytes, {100000, 100001, 100002});
  const Baseline after = side_with("rss.peak", Unit::kBytes, {100100, 100101, 100102});
  EXPECT_EQ(only_change(compare_runs(before, after, {.same = 0.01})), Change::kSame);
  EXPECT_EQ(only_change(compare_runs(before, after, {.same = 0})), Change::kWorse);
}

TEST(Compare, NoisyRunsCannotTell) {
  const Baseline before = side_with("rss.peak", Unit::kBytes, {100, 150, 60});
  const Baseline after = side_with("rss.peak", Unit::kBytes, {110, 70, 160});
  const Comparison comparison = compare_runs(before, after, {});
  EXPECT_EQ(only_change(comparison), Change::kUnsure);
  EXPECT_EQ(exit_code_of(comparison), 4);
}

TEST(Compare, StrictlyOneMetricThatCannotBeToldIsEnough) {
  const auto side = [](double noisy) {
    std::vector<RunFacts> runs;
    for (const double x : {1.0, 1.0001, 0.9999})
      runs.push_back(with(with(made_run("run"), made_measure("rss.peak", Unit::kBytes, 1e6 * x)),
                          made_measure("p99", Unit::kNanoseconds, 100 + (x - 1) * noisy)));
    return side_of(std::move(runs));
  };
  EXPECT_EQ(exit_code_of(compare_runs(side(1e5), side(2e5), {})), 0);
  EXPECT_EQ(exit_code_of(compare_runs(side(1e5), side(2e5), {.strict = true})), 4);
}

TEST(Compare, ACountWithoutChanceNeedsNoRepetition) {
  const auto side = [](double bytes) {
    budget::Measure measure = made_measure("leaks.bytes", Unit::kBytes, bytes);
    measure.exact = true;
    return side_of({with(made_run("run"), measure)});
  };
  EXPECT_EQ(only_change(compare_runs(side(0), side(3200), {})), Change::kWorse);
  EXPECT_EQ(only_change(compare_runs(side(3200), side(3200), {})), Change::kSame);
}

TEST(Compare, NamesWhatOneRunEachCannotSay) {
  budget::Measure measure = made_measure("rss.steady", Unit::kBytes, 1e6);
  measure.error = 100;
  const Baseline before = side_of({with(made_run("old"), measure)});
  measure.value = 1.03e6;
  const Baseline after = side_of({with(made_run("new"), measure)});
  const Comparison comparison = compare_runs(before, after, {});
  EXPECT_EQ(only_change(comparison), Change::kUnsure);
  EXPECT_THAT(comparison.pairs.at(0).metrics.at(0).why, HasSubstr("from run to run"));
}

TEST(Compare, OneRunEachOfLatenciesTellsOnlyWhatBudgetsWouldTakeForADifference) {
  const auto change_of = [](const std::string& metric, Unit unit) {
    budget::Measure measure = made_measure(metric, unit, 1e7);
    measure.error = 1e4;
    const Baseline before = side_of({with(made_run("old"), measure)});
    measure.value = 1.3e7;
    return only_change(compare_runs(before, side_of({with(made_run("new"), measure)}), {}));
  };
  EXPECT_EQ(change_of("p95", Unit::kNanoseconds), Change::kUnsure);
  EXPECT_EQ(change_of("rss.steady", Unit::kBytes), Change::kWorse);
}

TEST(Compare, ANewLeakIsWorseAndAGoneOneIsFixed) {
  RunFacts old = made_run("old");
  old.sites = {made_site(FindingKind::kDefiniteLeak, "gone", 10),
               made_site(FindingKind::kDefiniteLeak, "stays", 10)};
  RunFacts now = made_run("new");
  now.sites = {made_site(FindingKind::kDefiniteLeak, "stays", 10),
               made_site(FindingKind::kDefiniteLeak, "comes", 10)};
  const Comparison comparison = compare_runs(side_of({old}), side_of({now}), {});
  const PairChange& pair = comparison.pairs.at(0);
  ASSERT_THAT(pair.findings, SizeIs(2));
  EXPECT_EQ(pair.findings[0].site.fingerprint, "comes");
  EXPECT_EQ(pair.findings[0].site.status, SiteStatus::kNew);
  EXPECT_EQ(pair.findings[1].site.status, SiteStatus::kKnown);
  ASSERT_THAT(pair.fixed, SizeIs(1));
  EXPECT_EQ(pair.fixed[0].site.fingerprint, "gone");
  EXPECT_EQ(headline_of(comparison), "worse: 1 finding new");
}

TEST(Compare, SaysInHowManyRunsAFindingWasSeen) {
  RunFacts with_race = made_run("a");
  with_race.sites = {made_site(FindingKind::kRace, "race")};
  with_race.judges_races = true;
  RunFacts without = made_run("b");
  without.judges_races = true;
  const Comparison comparison =
      compare_runs(side_of({without, without}), side_of({with_race, without, with_race}), {});
  EXPECT_EQ(comparison.pairs.at(0).findings.at(0).after_runs, 2);
  EXPECT_EQ(comparison.pairs.at(0).findings.at(0).before_runs, 0);
}

TEST(Compare, ALeakIsNotNewWhereTheFormerRunLookedForNone) {
  RunFacts old = made_run("old");
  old.judges_leaks = false;
  RunFacts now = made_run("new");
  now.sites = {made_site(FindingKind::kDefiniteLeak, "leak", 10)};
  const Comparison comparison = compare_runs(side_of({old}), side_of({now}), {});
  EXPECT_EQ(comparison.pairs.at(0).findings.at(0).site.status, SiteStatus::kUnjudged);
  EXPECT_NE(exit_code_of(comparison), 1);
}

TEST(Compare, TwoBackendsAreNotComparable) {
  RunFacts old = with(made_run("old"), made_measure("rss.peak", Unit::kBytes, 100));
  RunFacts now = with(made_run("new"), made_measure("rss.peak", Unit::kBytes, 900));
  now.run.backend = "massif";
  const Comparison comparison = compare_runs(side_of({old, old}), side_of({now, now}), {});
  EXPECT_EQ(only_change(comparison), Change::kNotJudged);
  EXPECT_EQ(headline_of(comparison), "not comparable: different backends: memcheck and massif");
  EXPECT_EQ(exit_code_of(comparison), 4);
}

TEST(Compare, AnotherHostSpoilsTimesOnly) {
  const auto side = [](const std::string& host) {
    RunFacts facts = with(with(made_run("run"), made_measure("p95", Unit::kNanoseconds, 100)),
                          made_measure("rss.peak", Unit::kBytes, 100));
    facts.run.host = host;
    return side_of({facts, facts});
  };
  const Comparison comparison = compare_runs(side("a"), side("b"), {});
  const std::vector<MetricChange>& metrics = comparison.pairs.at(0).metrics;
  EXPECT_THAT(metrics, Contains(Field(&MetricChange::change, Change::kNotJudged)));
  EXPECT_THAT(metrics, Contains(Field(&MetricChange::change, Change::kSame)));
}

TEST(Compare, ARunThatWasCutShortIsNotJudged) {
  RunFacts old = with(made_run("old"), made_measure("rss.peak", Unit::kBytes, 100));
  RunFacts now = with(made_run("new"), made_measure("rss.peak", Unit::kBytes, 900));
  now.run.cut_short = "the memory guard stopped it";
  const Comparison comparison = compare_runs(side_of({old, old}), side_of({now, now}), {});
  EXPECT_EQ(only_change(comparison), Change::kNotJudged);
  EXPECT_THAT(headline_of(comparison), HasSubstr("the memory guard stopped it"));
}

TEST(Compare, ATargetThatDiesIsWorse) {
  const RunFacts old = made_run("old");
  RunFacts now = made_run("new");
  now.run.end = {.kind = EndKind::kSignalled, .code = 11};
  const Comparison comparison = compare_runs(side_of({old}), side_of({now}), {});
  EXPECT_EQ(headline_of(comparison), "worse: the target died");
}

TEST(Compare, ListsWhatDiffersInTheSurroundings) {
  RunFacts old = made_run("old");
  RunFacts now = made_run("new");
  old.run.kernel = "Linux 6.1";
  now.run.kernel = "Linux 6.5";
  now.run.environment["MALLOC_ARENA_MAX"] = "2";
  const Comparison comparison = compare_runs(side_of({old}), side_of({now}), {});
  const std::vector<Surrounding>& differing = comparison.pairs.at(0).surroundings;
  ASSERT_THAT(differing, SizeIs(2));
  EXPECT_EQ(differing[0].name, "kernel");
  EXPECT_EQ(differing[1].name, "variable MALLOC_ARENA_MAX");
  EXPECT_EQ(differing[1].before, "");
}

TEST(Compare, PortsAreNoDifference) {
  RunFacts old = made_run("old");
  RunFacts now = made_run("new");
  old.run.target = {"service", "--port", "4711", "http://127.0.0.1:4711/"};
  now.run.target = {"service", "--port", "4712", "http://127.0.0.1:4712/"};
  const Comparison comparison = compare_runs(side_of({old}), side_of({now}), {});
  EXPECT_THAT(comparison.pairs.at(0).surroundings, IsEmpty());
}

// Two heap profiles of a program with three sites, exact.
RunFacts with_heap(double parse, double cache) {
  RunFacts facts = made_run("heap");
  facts.amounts_file = "profile.pb.gz";
  facts.amounts = {
      {.functions = {"malloc", "json_parse(char*)", "main"}, .bytes = parse},
      {.functions = {"malloc", "std::string::append", "cache_fill", "main"}, .bytes = cache},
      {.functions = {"malloc", "start", "main"}, .bytes = 50000}};
  return facts;
}

TEST(CompareSites, NameTheOneThatGrew) {
  const Comparison comparison = compare_runs(
      side_of({with_heap(1000, 8000), with_heap(1010, 8010), with_heap(990, 7990)}),
      side_of({with_heap(9000, 8005), with_heap(9010, 7995), with_heap(9020, 8001)}), {});
  const PairChange& pair = comparison.pairs.at(0);
  ASSERT_THAT(pair.sites, SizeIs(1));
  EXPECT_EQ(pair.sites[0].functions.at(0), "json_parse");
  EXPECT_EQ(pair.sites[0].change, Change::kWorse);
  EXPECT_TRUE(matters(pair, pair.sites[0]));
  EXPECT_EQ(headline_of(comparison), "worse: 1 allocation site grew");
}

TEST(CompareSites, AreTheSameWhateverTheLibraryDoesBetween) {
  const auto side = [](const std::string& piece) {
    RunFacts facts = made_run("heap");
    facts.amounts_file = "profile.pb.gz";
    facts.amounts = {{.functions = {"malloc", piece, "keep", "main"}, .bytes = 5000}};
    return side_of({facts, facts, facts});
  };
  const Comparison comparison =
      compare_runs(side("allocate"), side("std::vector::_M_realloc_insert"), {});
  EXPECT_EQ(comparison.pairs.at(0).sites_compared, 1);
  EXPECT_THAT(comparison.pairs.at(0).sites, IsEmpty());
}

TEST(CompareSites, AStackThatOneProfileLacksMayHoldTheLeastItTellsOf) {
  RunFacts old = made_run("old");
  old.amounts_file = "profile.pb.gz";
  old.amounts = {{.functions = {"a"}, .bytes = 1000}, {.functions = {"big"}, .bytes = 50000}};
  RunFacts now = made_run("new");
  now.amounts_file = "profile.pb.gz";
  now.amounts = {{.functions = {"b"}, .bytes = 1100}, {.functions = {"big"}, .bytes = 50000}};
  const Comparison comparison = compare_runs(side_of({old}), side_of({now}), {});
  EXPECT_THAT(comparison.pairs.at(0).sites, IsEmpty());
}

// massif lists a caller from 1 % of the heap on: the same memory is a site in one run, and among
// the rest in the other.
TEST(CompareSites, WhatMassifFoldsAwayIsNoGrowth) {
  const auto folded = [](bool listed) {
    RunFacts facts = made_run("massif");
    facts.amounts_file = "raw";
    facts.least_amount = 500;
    facts.amounts = {
        {.functions = {"malloc", "big", "main"}, .bytes = 41000},
        {.functions = {std::string(kBelowThreshold)}, .bytes = listed ? 8400. : 9000.}};
    if (listed) facts.amounts.push_back({.functions = {"malloc", "wavers"}, .bytes = 600});
    return facts;
  };
  const Comparison comparison =
      compare_runs(side_of({folded(false), folded(false), folded(false)}),
                   side_of({folded(true), folded(true), folded(true)}), {});
  EXPECT_EQ(comparison.pairs.at(0).sites_compared, 2);
  EXPECT_THAT(comparison.pairs.at(0).sites, IsEmpty());
}

TEST(CompareSites, OfSampledNullProfilesNameNoneIn19Of20) {
  std::mt19937_64 random(3);
  const auto sampled = [&] {
    RunFacts facts = made_run("heap");
    facts.amounts_file = "profile.pb.gz";
    for (int site = 0; site < 200; ++site) {
      // Each sample stands for 512 KiB.
      std::poisson_distribution<int> samples(10);
      const int taken = samples(random);
      if (taken > 0)
        facts.amounts.push_back({.functions = {"malloc", fmt::format("f{}", site), "main"},
                                 .bytes = taken * 524288.0,
                                 .error = std::sqrt(taken) * 524288.0});
    }
    return facts;
  };
  constexpr int kTrials = 150;
  int named = 0;
  for (int i = 0; i < kTrials; ++i) {
    const Comparison comparison = compare_runs(side_of({sampled()}), side_of({sampled()}), {});
    if (!comparison.pairs.at(0).sites.empty()) ++named;
  }
  EXPECT_LE(named, kTrials * 5 / 100);
}

TEST(Compare, MatchesTheRunsOfCampaignsByPhaseAndName) {
  const auto campaign = [](std::vector<std::pair<std::string, std::string>> runs) {
    Baseline side{.name = "night", .campaign = true};
    for (auto& [phase, name] : runs)
      side.runs.push_back({.phase = phase, .name = name, .facts = made_run(name)});
    return side;
  };
  const Comparison comparison =
      compare_runs(campaign({{"redis/normal", "load"}, {"redis/old", "load"}}),
                   campaign({{"redis/normal", "load"}, {"redis/new", "load"}}), {});
  ASSERT_THAT(comparison.pairs, SizeIs(1));
  EXPECT_EQ(comparison.pairs[0].id(), "redis/normal: load");
  EXPECT_THAT(comparison.only_before, ElementsAre("redis/old: load"));
  EXPECT_THAT(comparison.only_after, ElementsAre("redis/new: load"));
}

TEST(Compare, ACampaignAndARunDoNotMix) {
  Baseline campaign = side_of({made_run("a")});
  campaign.campaign = true;
  EXPECT_THROW(compare_runs(campaign, side_of({made_run("b")}), {}), UsageError);
}

TEST(Compare, APhaseThatNothingMatchesIsAnError) {
  EXPECT_THROW(
      compare_runs(side_of({made_run("a")}), side_of({made_run("b")}), {.phases = "redis*"}),
      Error);
}

TEST(Compare, CampaignsAtDifferentScalesAreNotComparable) {
  Baseline before = side_with("rss.peak", Unit::kBytes, {1, 1, 1});
  Baseline after = side_with("rss.peak", Unit::kBytes, {9, 9, 9});
  before.campaign = after.campaign = true;
  before.scale = 0.01;
  EXPECT_EQ(only_change(compare_runs(before, after, {})), Change::kNotJudged);
}

}  // namespace
}  // namespace tidemark::signoff
