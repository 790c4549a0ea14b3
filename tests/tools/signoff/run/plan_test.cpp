#include "tools/signoff/run/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/error.h"
#include "tools/signoff/run/order.h"
#include "tools/signoff/run/runner.h"

namespace tidemark::signoff {
namespace {

using testing::ElementsAre;

RunPlan run(const std::string& name, int repeat = 1) {
  return {.name = name, .tool = "command", .args = {"x"}, .repeat = repeat};
}

Campaign two_targets() {
  return {.name = "c",
          .targets = {{.name = "app"}, {.name = "redis"}},
          .phases = {{.name = "a", .runs = {run("one", 2), run("two")}},
                     {.name = "b", .runs = {run("one")}, .targets = {"re*"}}}};
}

std::vector<std::string> ids(const Plan& plan) {
  std::vector<std::string> result;
  for (const PlannedPhase& planned : plan) {
    if (planned.skipped.empty()) result.push_back(planned.id());
  }
  return result;
}

TEST(Plan, GoesPhaseByPhaseThroughTheTargets) {
  const Campaign campaign = two_targets();
  EXPECT_THAT(ids(plan_of(campaign, {})), ElementsAre("app/a", "redis/a", "redis/b"));
}

TEST(Plan, NamesNoTargetWhereThereIsOne) {
  Campaign campaign = two_targets();
  campaign.targets.erase(campaign.targets.begin());
  EXPECT_THAT(ids(plan_of(campaign, {})), ElementsAre("a", "b"));
}

TEST(Plan, IsSelectedByGlobsOfPhasesWithTheirTargetOrWithout) {
  const Campaign campaign = two_targets();
  EXPECT_THAT(ids(plan_of(campaign, {.targets = {"redis"}})), ElementsAre("redis/a", "redis/b"));
  EXPECT_THAT(ids(plan_of(campaign, {.only = {"a"}, .skip = {"re*/a"}})), ElementsAre("app/a"));
}

TEST(Plan, RefusesWhatChoosesNothing) {
  const Campaign campaign = two_targets();
  EXPECT_THROW(plan_of(campaign, {.targets = {"rdis"}}), UsageError);
  EXPECT_THROW(plan_of(campaign, {.only = {"c"}}), UsageError);
  EXPECT_THROW(plan_of(campaign, {.only = {"b"}, .skip = {"b"}}), UsageError);
}

// What next_run() gives until all have ended; each ends as `end` makes it.
std::vector<std::string> all_runs(const PlannedPhase& planned, PhaseResult result = {}) {
  std::vector<std::string> directories;
  while (const auto next = next_run(planned, result)) {
    directories.push_back(run_directory_of(planned, *next));
    const bool first = next->run->name == "two" && next->attempt == 1;
    result.runs.push_back({.name = next->run->name,
                           .repetition = next->repetition,
                           .attempt = next->attempt,
                           .ended_ms = 1,
                           .superseded = first});
  }
  return directories;
}

TEST(Plan, EachRunRepeatsAndIsTriedAgainInADirectoryOfItsOwn) {
  const Campaign campaign = two_targets();
  EXPECT_THAT(all_runs(plan_of(campaign, {})[0]),
              ElementsAre("runs/app/a/one.1", "runs/app/a/one.2", "runs/app/a/two.1",
                          "runs/app/a/two.1.attempt2"));
}

TEST(Plan, GoesOnAfterWhatWasUnderWayWhenItWasKilled) {
  const Campaign campaign = two_targets();
  const Plan plan = plan_of(campaign, {});
  SignoffResult journal{.phases = phases_of(plan)};
  PhaseResult& phase = journal.phases[0];
  phase.started_ms = 1;
  phase.runs = {{.name = "one", .repetition = 1, .state = State::kPassed, .ended_ms = 2},
                {.name = "one", .repetition = 2, .started_ms = 2}};
  resume(campaign, plan, journal);
  EXPECT_TRUE(phase.runs[1].superseded);
  EXPECT_THAT(all_runs(plan[0], phase), ElementsAre("runs/app/a/one.2.attempt2", "runs/app/a/two.1",
                                                    "runs/app/a/two.1.attempt2"));
}

TEST(Plan, DoesNotGoOnWithAnotherCampaign) {
  const Campaign campaign = two_targets();
  const Plan plan = plan_of(campaign, {});
  SignoffResult journal{.phases = phases_of(plan)};
  journal.phases.pop_back();
  EXPECT_THROW(resume(campaign, plan, journal), Error);
}

// Phases of one target.
Campaign waiting(std::vector<PhasePlan> phases) {
  for (PhasePlan& phase : phases) phase.runs = {run("one")};
  return {.name = "c", .targets = {{.name = "app"}}, .phases = std::move(phases)};
}

std::vector<std::size_t> startable(const Plan& plan, const std::vector<PhaseResult>& phases,
                                   const std::set<std::size_t>& running, int cpus) {
  std::vector<std::size_t> result;
  for (std::size_t i = 0; i < plan.size(); ++i) {
    const bool idle = !is_over(phases[i]) && !running.contains(i);
    if (idle && may_start({plan, phases, running, cpus}, i)) result.push_back(i);
  }
  return result;
}

TEST(Order, OneThatIsNotParallelIsAlone) {
  const Campaign campaign = waiting({{.name = "a"}, {.name = "b", .parallel = true}});
  const Plan plan = plan_of(campaign, {});
  std::vector<PhaseResult> phases = phases_of(plan);
  EXPECT_THAT(startable(plan, phases, {}, 8), ElementsAre(0));
  EXPECT_THAT(startable(plan, phases, {0}, 8), ElementsAre());
  phases[0].ended_ms = 1;
  EXPECT_THAT(startable(plan, phases, {}, 8), ElementsAre(1));
}

TEST(Order, ParallelOnesGoBesideEachOtherAsFarAsCpusGo) {
  const Campaign campaign = waiting({{.name = "a", .parallel = true},
                                     {.name = "b", .parallel = true, .cpus = 4},
                                     {.name = "c", .parallel = true}});
  const Plan plan = plan_of(campaign, {});
  const std::vector<PhaseResult> phases = phases_of(plan);
  EXPECT_THAT(startable(plan, phases, {0}, 2), ElementsAre(2));
  EXPECT_THAT(startable(plan, phases, {0}, 5), ElementsAre(1, 2));
  EXPECT_THAT(startable(plan, phases, {}, 2), ElementsAre(0, 1, 2)) << "alone, whatever it takes";
}

TEST(Order, ParallelOnesWaitForWhatTheyName) {
  const Campaign campaign =
      waiting({{.name = "a", .parallel = true}, {.name = "b", .after = {"a"}, .parallel = true}});
  const Plan plan = plan_of(campaign, {});
  EXPECT_THAT(startable(plan, phases_of(plan), {0}, 8), ElementsAre());
}

TEST(Order, WhatDependsIsHeldUpByHowItCameOut) {
  const Campaign campaign =
      waiting({{.name = "a"}, {.name = "b", .after = {"a"}}, {.name = "c", .needs = {"a"}}});
  const Plan plan = plan_of(campaign, {});
  std::vector<PhaseResult> phases = phases_of(plan);
  const auto why = [&](State state, std::size_t index) {
    phases[0].state = state;
    phases[0].ended_ms = 1;
    return why_blocked(plan, phases, index);
  };
  EXPECT_EQ(why(State::kPassed, 2), "");
  EXPECT_EQ(why(State::kFailed, 1), "");
  EXPECT_EQ(why(State::kFailed, 2), "it needs a, which failed");
  EXPECT_EQ(why(State::kInconclusive, 2), "it needs a, which was inconclusive");
  EXPECT_EQ(why(State::kNotDone, 1), "it comes after a, which was not done");
  EXPECT_EQ(why(State::kNotDone, 2), "it needs a, which was not done");
  EXPECT_EQ(why(State::kSkipped, 2), "");
}

}  // namespace
}  // namespace tidemark::signoff
