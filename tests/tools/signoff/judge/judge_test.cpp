#include "tools/signoff/judge/judge.h"

#include <gmock/gmock.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "tests/tools/signoff/compare/made_runs.h"

namespace tidemark::signoff {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

// A campaign of one target whose runs found what is said of them.
struct Court {
  Standard standard;
  std::map<std::string, RunFacts> left;  // by directory
  SignoffResult result;
  std::set<std::string> verdicts;

  Court& rule(const std::string& text, std::vector<std::string> phases = {}) {
    standard.rules.push_back(budget::parse_rule(text, "test"));
    standard.rules.back().phases = std::move(phases);
    standard.rules.back().id = text;
    return *this;
  }

  Court& ran(const std::string& phase, const std::string& run, RunFacts facts,
             State state = State::kPassed) {
    if (result.phases.empty() || result.phases.back().name != phase) {
      result.phases.push_back({.name = phase, .state = State::kPassed, .started_ms = 1});
    }
    PhaseResult& last = result.phases.back();
    const std::string directory = phase + "/" + run + std::to_string(last.runs.size());
    last.runs.push_back(
        {.name = run, .tool = "memprof", .directory = directory, .state = state, .why = "so"});
    left[directory] = std::move(facts);
    return *this;
  }

  SignoffResult& judged() {
    standard.facts = [this](const std::filesystem::path& path) {
      const auto found = left.find(path.string());
      if (found == left.end()) throw Error("no run");
      return found->second;
    };
    Judge judge(standard);
    for (PhaseResult& phase : result.phases) judge.phase(phase, verdicts);
    judge.finish(result);
    return result;
  }
};

RunFacts leaked(double bytes) {
  RunFacts facts = made_run("leaks");
  budget::Measure measure = made_measure("leaks.bytes", budget::Unit::kBytes, bytes);
  measure.exact = true;
  facts.measures.push_back(measure);
  return facts;
}

TEST(Judge, ARuleThatHoldsPasses) {
  Court court;
  court.rule("leaks.bytes == 0").ran("memory", "memcheck", leaked(0));
  const SignoffResult& result = court.judged();
  ASSERT_THAT(result.rules, SizeIs(1));
  EXPECT_EQ(result.rules[0].state, State::kPassed);
  EXPECT_EQ(result.rules[0].where(), "memory");
  EXPECT_EQ(result.state, State::kPassed);
  EXPECT_EQ(result.exit_code(), 0);
  EXPECT_EQ(result.score.points, 100);
}

TEST(Judge, ARuleThatDoesNotFailsPhaseAndCampaignAndIsNamed) {
  Court court;
  court.rule("leaks.bytes == 0").ran("memory", "memcheck", leaked(100));
  const SignoffResult& result = court.judged();
  EXPECT_EQ(result.phases[0].state, State::kFailed);
  EXPECT_EQ(result.exit_code(), 1);
  EXPECT_THAT(result.headline, HasSubstr("leaks.bytes == 0"));
}

TEST(Judge, WhatNobodyMeasuredIsNotDone) {
  Court court;
  court.rule("growth < 50MB/24h").ran("memory", "memcheck", leaked(0));
  const SignoffResult& result = court.judged();
  ASSERT_THAT(result.rules, SizeIs(1));
  EXPECT_EQ(result.rules[0].state, State::kNotDone);
  EXPECT_EQ(result.rules[0].phase, "");
  EXPECT_EQ(result.exit_code(), 3);
}

TEST(Judge, ARunThatCouldNotTellIsInconclusiveAndSaysWhy) {
  RunFacts soak = made_run("soak");
  soak.verdict = State::kInconclusive;
  soak.left_out = {{.metric = "growth", .why = "too few samples"}};
  Court court;
  court.rule("growth < 50MB/24h", {"soak"}).rule("races == 0", {"soak"}).ran("soak", "w", soak);
  const SignoffResult& result = court.judged();
  EXPECT_EQ(result.rules[0].state, State::kInconclusive);
  EXPECT_EQ(result.rules[0].decision.why, "no run measured growth: too few samples");
  EXPECT_EQ(result.rules[1].state, State::kNotDone);
}

TEST(Judge, WhatWasNotDoneSaysWhyNothingWasMeasured) {
  Court court;
  court.rule("leaks.bytes == 0", {"memory"}).ran("memory", "memcheck", {}, State::kNotDone);
  court.rule("races == 0", {"threads"});
  court.result.phases.push_back({.name = "threads", .state = State::kNotDone, .why = "it waits"});
  court.judged();
  EXPECT_EQ(court.result.rules[0].decision.why, "no run measured leaks.bytes: memcheck: so");
  EXPECT_EQ(court.result.rules[1].decision.why, "no run measured it: threads: it waits");
}

TEST(Judge, ARunThatDidNotComeToItsEndMeasuredNothing) {
  RunFacts soak = made_run("soak");
  soak.verdict = State::kNotDone;
  soak.left_out = {{.metric = "growth", .why = "too few samples"}};
  Court court;
  court.rule("growth < 50MB/24h", {"soak"}).ran("soak", "watch", soak);
  EXPECT_EQ(court.judged().rules[0].state, State::kNotDone);
}

TEST(Judge, APhaseHasTheReasonOfWhatCounts) {
  Court court;
  court.rule("leaks.bytes == 0").ran("memory", "memcheck", leaked(9), State::kFailed);
  EXPECT_THAT(court.judged().phases[0].why, HasSubstr("leaks.bytes 9 bytes"));
  court.verdicts = {"memcheck"};
  EXPECT_EQ(court.judged().phases[0].why, "memcheck: so");
}

RunFacts of_program(const std::string& program, double rss) {
  RunFacts facts = made_run("load");
  facts.run.target = {program};
  facts.measures = {made_measure("rss.peak", budget::Unit::kBytes, rss)};
  return facts;
}

TEST(Judge, ABaselineOfAnotherProgramIsAWarning) {
  Baseline baseline{.name = "old"};
  baseline.runs.push_back({.name = "load", .facts = of_program("/bin/postgres", 100)});
  Court court;
  court.standard.baseline = &baseline;
  court.rule("rss.peak < baseline * 2").ran("normal", "load", of_program("/opt/postgres", 100));
  EXPECT_THAT(court.judged().warnings, IsEmpty());
  court.left["normal/load0"] = of_program("nginx", 100);
  EXPECT_THAT(court.judged().warnings,
              ElementsAre("normal, load: it is compared with a run of another program: postgres, "
                          "not nginx"));
}

TEST(Judge, ABaselineOfAnotherScaleDecidesNothing) {
  Baseline baseline{.name = "old", .scale = 0.1, .campaign = true};
  baseline.runs.push_back(
      {.phase = "normal", .name = "load", .facts = of_program("postgres", 100)});
  Court court;
  court.standard.baseline = &baseline;
  court.standard.scale = 1;
  court.rule("rss.peak < baseline * 2").ran("normal", "load", of_program("postgres", 100));
  EXPECT_EQ(court.judged().rules[0].state, State::kInconclusive);
  EXPECT_THAT(court.result.rules[0].decision.why, HasSubstr("ran at a scale of 0.1"));
  baseline.scale = 1;
  EXPECT_EQ(court.judged().rules[0].state, State::kPassed);
}

TEST(Judge, TheHeadlineNamesAPhaseOnce) {
  Court court;
  court.rule("leaks.bytes == 0", {"memory"}).ran("memory", "memcheck", leaked(100));
  court.standard.rules[0].id = "memory: leaks.bytes == 0";
  EXPECT_THAT(court.judged().headline,
              testing::StartsWith("1 of 1 rule failed; first memory: leaks.bytes == 0: "));
}

TEST(Judge, WhatLeavesNoRunDirectoryIsNotMissed) {
  Court court;
  court.ran("flame", "flamegraph", leaked(0));
  court.left.clear();
  court.result.phases[0].runs[0].tool = "flamegraph";
  EXPECT_THAT(court.judged().warnings, IsEmpty());
}

TEST(Judge, APhaseThatIsNamedMustMeasureItItself) {
  Court court;
  court.rule("leaks.bytes == 0", {"soak"})
      .ran("memory", "memcheck", leaked(0))
      .ran("soak", "watch", made_run("soak"));
  const SignoffResult& result = court.judged();
  ASSERT_THAT(result.rules, SizeIs(1));
  EXPECT_EQ(result.rules[0].phase, "soak");
  EXPECT_EQ(result.rules[0].state, State::kNotDone);
}

TEST(Judge, RunsThatMeasureTheSameAreEachJudged) {
  Court court;
  court.rule("leaks.bytes == 0")
      .ran("memory", "memcheck", leaked(0))
      .ran("memory", "lsan", leaked(7));
  const SignoffResult& result = court.judged();
  ASSERT_THAT(result.rules, SizeIs(2));
  EXPECT_EQ(result.rules[0].state, State::kPassed);
  EXPECT_EQ(result.rules[1].run, "lsan");
  EXPECT_EQ(result.rules[1].state, State::kFailed);
}

TEST(Judge, AToolThatIsMissingIsNotDoneWhateverTheRulesSay) {
  Court court;
  court.rule("leaks.bytes == 0")
      .ran("memory", "memcheck", leaked(0))
      .ran("memory", "helgrind", {}, State::kNotDone);
  EXPECT_EQ(court.judged().phases[0].state, State::kNotDone);
  EXPECT_EQ(court.result.exit_code(), 3);
}

TEST(Judge, AToolsOwnVerdictCountsWhereItIsAskedFor) {
  Court court;
  court.ran("memory", "memcheck", leaked(9), State::kFailed);
  EXPECT_EQ(court.judged().phases[0].state, State::kNotApplicable);
  court.verdicts = {"memcheck"};
  EXPECT_EQ(court.judged().phases[0].state, State::kFailed);
}

TEST(Judge, ATargetThatDiedUnderTheLoadFailsWhoeverAsks) {
  Court court;
  court.rule("leaks.bytes == 0").ran("normal", "load", leaked(0), State::kFailed);
  EXPECT_EQ(court.judged().state, State::kPassed);  // its scenario's limits are not asked for
  court.result.phases[0].runs[0].exit_code = 3;
  EXPECT_EQ(court.judged().state, State::kFailed);
  EXPECT_THAT(court.result.headline, HasSubstr("first normal: load: so"));
}

TEST(Judge, AWaiverHoldsUntilItsDay) {
  Court court;
  court.rule("leaks.bytes == 0").ran("memory", "memcheck", leaked(100));
  court.standard.waivers = {{.rule = "leaks.bytes == 0", .expires = "2026-11-22"}};
  court.standard.today = "2026-11-22";
  EXPECT_EQ(court.judged().rules[0].state, State::kWaived);
  EXPECT_EQ(court.result.exit_code(), 0);
  court.standard.today = "2026-11-23";
  EXPECT_EQ(court.judged().rules[0].state, State::kFailed);
  EXPECT_TRUE(court.result.rules[0].waiver);
}

TEST(Judge, ARelativeRuleWithoutABaselineDoesNotApply) {
  Court court;
  RunFacts facts = made_run("load");
  facts.measures = {made_measure("rss.steady", budget::Unit::kBytes, 7e7)};
  court.rule("rss.steady <= baseline + 3%").ran("normal", "load", facts);
  EXPECT_EQ(court.judged().rules[0].state, State::kNotApplicable);
}

TEST(Judge, FindingsAreNewKnownOrFixed) {
  Court court;
  RunFacts now = leaked(100);
  now.sites = {made_site(FindingKind::kDefiniteLeak, "both"),
               made_site(FindingKind::kDefiniteLeak, "new")};
  RunFacts before = leaked(100);
  before.sites = {made_site(FindingKind::kDefiniteLeak, "both"),
                  made_site(FindingKind::kDefiniteLeak, "gone")};
  const Baseline baseline = made_side("last", {before});
  court.standard.baseline = &baseline;
  court.rule("leaks.bytes < 1KiB").ran("memory", "memcheck", now);
  const SignoffResult& result = court.judged();
  ASSERT_THAT(result.findings, SizeIs(2));
  EXPECT_EQ(result.findings[0].site.fingerprint, "new");
  EXPECT_EQ(result.findings[0].site.status, SiteStatus::kNew);
  EXPECT_EQ(result.findings[1].site.status, SiteStatus::kKnown);
  ASSERT_THAT(result.fixed, SizeIs(1));
  EXPECT_EQ(result.fixed[0].site.fingerprint, "gone");
}

TEST(Judge, WhoHoldsMemoryIsNoFinding) {
  Court court;
  RunFacts facts = leaked(0);
  facts.sites = {made_site(FindingKind::kInUse, "held")};
  court.rule("leaks.bytes == 0").ran("memory", "heap", facts);
  EXPECT_THAT(court.judged().findings, IsEmpty());
}

TEST(Judge, AHardRuleThatFailsCapsTheScore) {
  Court court;
  court.rule("leaks.bytes == 0").ran("a", "memcheck", leaked(1));
  for (const char* const name : {"b", "c", "d", "e", "f", "g", "h", "i", "j"}) {
    court.ran(name, "memcheck", leaked(0));
  }
  EXPECT_GT(court.judged().score.points, 80);
  court.standard.rules[0].hard = true;
  EXPECT_LE(court.judged().score.points, 49);
  EXPECT_EQ(court.result.score.cap, "leaks.bytes == 0");
}

TEST(Judge, WhatWasSkippedSaysNothing) {
  Court court;
  court.rule("leaks.bytes == 0").ran("memory", "memcheck", leaked(0));
  court.result.phases.push_back({.name = "soak", .state = State::kSkipped});
  court.rule("growth < 50MB/24h", {"soak"});
  const SignoffResult& result = court.judged();
  EXPECT_EQ(result.rules[1].state, State::kSkipped);
  EXPECT_EQ(result.state, State::kPassed);
}

TEST(Judge, ARuleOfAFlavourThatIsNotThereIsSkipped) {
  Court court;
  court.rule("leaks.bytes == 0").ran("memory", "memcheck", leaked(0));
  court.rule("leaks.blocks == 0");
  court.standard.rules[1].flavours = {"asan"};
  court.standard.flavours = {{"", "release"}};
  const SignoffResult& result = court.judged();
  EXPECT_EQ(result.rules[1].state, State::kSkipped);
  EXPECT_EQ(result.exit_code(), 0);
}

TEST(Judge, TheOnlyTargetMayBeNamed) {
  Court court;
  court.standard.sole_target = "redis";
  court.rule("leaks.bytes == 0").ran("memory", "memcheck", leaked(1));
  court.rule("leaks.bytes < 1MiB", {"redis/memory"});
  court.rule("leaks.bytes < 2MiB", {"other/memory"});
  court.standard.rules[0].targets = {"redis"};
  court.standard.waivers = {
      {.rule = "leaks.bytes == 0", .phases = {"redis/memory"}, .expires = "9999-12-31"}};
  const SignoffResult& result = court.judged();
  EXPECT_EQ(result.rules[0].state, State::kWaived);
  EXPECT_EQ(result.rules[1].state, State::kPassed);
  EXPECT_EQ(result.rules[2].state, State::kSkipped);
}

TEST(Judge, WhatARunDidNotLookForIsNotFixed) {
  RunFacts before = made_run("races");
  before.judges_leaks = false;
  before.judges_races = true;
  before.sites = {made_site(FindingKind::kRace, "race")};
  RunFacts now = made_run("races");
  now.judges_leaks = false;  // it was cut short
  const Baseline baseline = made_side("last", {before});
  Court court;
  court.standard.baseline = &baseline;
  court.ran("memory", "helgrind", now);
  EXPECT_THAT(court.judged().fixed, IsEmpty());
}

// A baseline of a campaign, in which one phase ran.
Baseline campaign_with(const std::string& phase, RunFacts facts) {
  Baseline baseline = made_side("last", {std::move(facts)});
  baseline.campaign = true;
  baseline.runs[0].phase = phase;
  return baseline;
}

RunFacts found(const std::string& fingerprint) {
  RunFacts facts = leaked(100);
  budget::Measure sites = made_measure("leaks.sites", budget::Unit::kCount, 1);
  sites.exact = true;
  facts.measures.push_back(sites);
  facts.sites = {made_site(FindingKind::kDefiniteLeak, fingerprint)};
  return facts;
}

TEST(Judge, WhatTheBaselineDidNotLookForIsNotNew) {
  Court court;
  court.rule("leaks.new == 0").ran("memory", "memcheck", found("leak"));
  const Baseline with = campaign_with("memory", found("other"));
  court.standard.baseline = &with;
  EXPECT_EQ(court.judged().rules[0].state, State::kFailed);
  EXPECT_EQ(court.result.findings[0].site.status, SiteStatus::kNew);
  const Baseline without = campaign_with("edges", found("other"));
  court.standard.baseline = &without;
  EXPECT_EQ(court.judged().rules[0].state, State::kInconclusive);
  EXPECT_EQ(court.result.findings[0].site.status, SiteStatus::kUnjudged);
}

}  // namespace
}  // namespace tidemark::signoff
