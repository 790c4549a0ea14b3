#include "tools/memprof/uprobes/trap_budget.h"

#include <algorithm>
#include <array>

namespace tidemark::memprof {
namespace {

using Seconds = std::chrono::duration<double>;

// Measured, see docs/attach.md.
constexpr double kLeastTrap = 0.5e-6;
constexpr double kMostTrap = 1.2e-6;
constexpr double kLeastStepped = 2e-6;
constexpr double kMostStepped = 15e-6;
constexpr double kOneMoreEvent = 0.35e-6;
constexpr double kSample = 10e-6;  // copies registers and a stack

constexpr double kMostSamples = 2000;

// Primes: whoever allocates in a pattern of a few calls is met in all of its parts.
constexpr std::array<std::uint64_t, 16> kPeriods = {
    1, 7, 13, 29, 59, 113, 227, 457, 911, 1823, 3643, 7283, 14563, 29129, 58243, 116483};

std::uint64_t period_for(double calls) {
  const auto enough = std::ranges::find_if(kPeriods, [calls](std::uint64_t period) {
    return calls / static_cast<double>(period) <= kMostSamples;
  });
  return enough == kPeriods.end() ? kPeriods.back() : *enough;
}

constexpr double kLeastCpuPerSecond = 0.05;

}  // namespace

TrapCost trap_cost(std::size_t events, bool emulated) {
  const double more = kOneMoreEvent * static_cast<double>(std::max<std::size_t>(events, 1) - 1);
  return {.least = (emulated ? kLeastTrap : kLeastStepped) + more / 2,
          .most = (emulated ? kMostTrap : kMostStepped) + more};
}

double base_of(const Demand& demand) {
  return std::max(demand.cpu_per_second, kLeastCpuPerSecond) * demand.asked.count();
}

double budget_of(const Demand& demand) { return demand.max_overhead * base_of(demand); }

LookPlan plan_look(const Demand& demand) {
  LookPlan plan{.threads = std::max<std::size_t>(demand.threads, 1)};
  const double all_calls = demand.calls_per_second / std::max(demand.thread_share, 0.01);
  const bool limited = demand.max_overhead > 0;
  plan.budget = budget_of(demand);
  for (;; --plan.threads) {
    plan.cost = trap_cost(plan.threads, demand.emulated);
    const double calls = plan.threads == 1 ? demand.calls_per_second : all_calls;
    plan.calls_per_second = calls;
    const double a_second = calls * plan.cost.most;
    const double removal = a_second * kRemoval.count() * static_cast<double>(plan.threads - 1);
    plan.reserve = removal;
    const double left = std::max(plan.budget - demand.spent - removal, 0.0);
    plan.window = demand.asked;
    if (limited && calls > 0) plan.window = std::min(demand.asked, Seconds(left / a_second));
    plan.period = period_for(calls * plan.window.count());
    const double each = plan.cost.most + kSample / static_cast<double>(plan.period);
    if (limited && calls > 0) plan.window = std::min(demand.asked, Seconds(left / (calls * each)));
    // Twice, since a rate that is measured for a moment is rough.
    const double needed =
        2 * (2 * demand.spent + removal + calls * each * 2 * kShortestWindow.count());
    plan.needed_overhead = needed / base_of(demand);
    if (plan.window >= kShortestWindow * 4 || plan.threads == 1) break;
  }
  if (plan.window < kShortestWindow) plan.window = Seconds(0);
  return plan;
}

}  // namespace tidemark::memprof
