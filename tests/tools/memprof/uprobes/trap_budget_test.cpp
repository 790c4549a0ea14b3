#include "tools/memprof/uprobes/trap_budget.h"

#include <gtest/gtest.h>

namespace tidemark::memprof {
namespace {

using Seconds = std::chrono::duration<double>;

// redis under redis-benchmark: half a million calls a second in its only busy thread.
constexpr Demand kBusy = {.max_overhead = 0.005,
                          .asked = Seconds(5),
                          .cpu_per_second = 1,
                          .calls_per_second = 500'000,
                          .spent = 0.005};

double cost_of(const Demand& demand, const LookPlan& plan) {
  return demand.spent + plan.reserve + plan.calls_per_second * plan.window.count() * plan.cost.most;
}

TEST(TrapBudget, IsAShareOfWhatTheTargetUses) { EXPECT_DOUBLE_EQ(budget_of(kBusy), 0.025); }

TEST(TrapBudget, OfASleeperIsThatOfALittleWork) {
  Demand demand = kBusy;
  demand.cpu_per_second = 0;
  EXPECT_DOUBLE_EQ(base_of(demand), 0.25);
}

TEST(TrapBudget, ShortensTheWindowToWhatItAllows) {
  const LookPlan plan = plan_look(kBusy);
  EXPECT_GT(plan.window, Seconds(0.01));
  EXPECT_LE(cost_of(kBusy, plan), plan.budget);
  EXPECT_GT(cost_of(kBusy, plan), plan.budget / 3);
}

TEST(TrapBudget, LeavesTheWindowWholeWhereCallsAreRare) {
  Demand demand = kBusy;
  demand.calls_per_second = 100;
  demand.spent = 0;
  const LookPlan plan = plan_look(demand);
  EXPECT_EQ(plan.window, demand.asked);
  EXPECT_EQ(plan.period, 1U);
}

TEST(TrapBudget, WithoutALimitOnlyThinsTheSamples) {
  Demand demand = kBusy;
  demand.max_overhead = 0;
  const LookPlan plan = plan_look(demand);
  EXPECT_EQ(plan.window, demand.asked);
  EXPECT_LE(500'000 * 5 / plan.period, 2000U);
}

TEST(TrapBudget, RefusesWhereMeasuringTookAll) {
  Demand demand = kBusy;
  demand.max_overhead = 0.001;
  EXPECT_EQ(plan_look(demand).window.count(), 0);
}

TEST(TrapBudget, NamesALimitThatWouldDo) {
  Demand demand = kBusy;
  demand.max_overhead = 0.001;
  demand.max_overhead = plan_look(demand).needed_overhead;
  EXPECT_GE(plan_look(demand).window, kShortestWindow);
}

TEST(TrapBudget, LeavesThreadsOutRatherThanTheWindow) {
  Demand demand = kBusy;
  demand.threads = 8;
  demand.thread_share = 0.125;
  const LookPlan plan = plan_look(demand);
  EXPECT_EQ(plan.threads, 1U);
  EXPECT_GE(plan.window, kShortestWindow);
}

TEST(TrapBudget, KnowsThatASteppedInstructionCostsMore) {
  EXPECT_GT(trap_cost(1, false).most, 10 * trap_cost(1, true).most);
  EXPECT_GT(trap_cost(4, true).most, trap_cost(1, true).most);
}

}  // namespace
}  // namespace tidemark::memprof
