#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace tidemark::memprof {

// What one call of a probed function costs the target, in seconds of CPU time: between the two,
// with the machine and what else runs there.
struct TrapCost {
  double least = 0;
  double most = 0;
};

// With `events` probes at one place, one for each thread that is looked at: the kernel asks every
// one of them at each hit.
TrapCost trap_cost(std::size_t events, bool emulated);

// What a look may cost and what was learned of the target before it.
struct Demand {
  double max_overhead = 0;  // share of the target's CPU time during `asked`; 0: no limit
  std::chrono::duration<double> asked{0};
  double cpu_per_second = 0;    // that the target uses undisturbed
  double calls_per_second = 0;  // of the thread that calls most, with a probe in
  double thread_share = 1;      // of the target's CPU time, that is that thread's
  double spent = 0;             // seconds of CPU time that measuring this took at most
  std::size_t threads = 1;      // that are worth a look
  bool emulated = true;
};

// How a look keeps within what it may cost.
struct LookPlan {
  // That the probes may be in at the rate that was measured; 0: it cannot be kept.
  std::chrono::duration<double> window{0};
  std::size_t threads = 1;      // the busiest ones
  std::uint64_t period = 1;     // calls between two samples
  double calls_per_second = 0;  // of these threads
  double budget = 0;            // seconds of CPU time, in all
  double reserve = 0;           // of that for what is called while probes go
  double needed_overhead = 0;   // the limit that would do for the shortest look
  TrapCost cost;                // a call
};

// The longest of all windows within the budget. Taking a probe out takes the kernel a moment
// (kRemoval), and one after the other: those of all threads but the first still cost meanwhile, so
// there are as many threads as leave most of the window.
LookPlan plan_look(const Demand& demand);

constexpr std::chrono::duration<double> kShortestWindow{0.005};
constexpr std::chrono::duration<double> kRemoval{0.1};

// What measuring may take of the budget.
constexpr double kMeasuringShare = 0.25;

// The CPU time that the target uses in `asked`, of which shares are taken: at least 5 % of a
// processor, since a share of what a process that sleeps uses would be nothing.
double base_of(const Demand& demand);

// The seconds of CPU time that a look may cost. REQUIRES: max_overhead > 0.
double budget_of(const Demand& demand);

}  // namespace tidemark::memprof
