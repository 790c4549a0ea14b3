#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "tools/signoff/run/plan.h"

namespace tidemark::signoff {

// Whether a phase is over: it ended, could not be done, or was not asked for.
bool is_over(const PhaseResult& phase);

// Why the phase number `index` cannot be done any more, by what it waits for came to; empty: it
// can, or some of that is still to come.
std::string why_blocked(const Plan& plan, const std::vector<PhaseResult>& phases,
                        std::size_t index);

// Whether the phase number `index` may start now, beside those that run.
struct Moment {
  const Plan& plan;
  const std::vector<PhaseResult>& phases;
  std::set<std::size_t> running;
  int cpus = 1;  // that all may take together
};
bool may_start(const Moment& now, std::size_t index);

}  // namespace tidemark::signoff
