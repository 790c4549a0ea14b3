#include "tools/signoff/run/order.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace tidemark::signoff {
namespace {

// The phase `name` on the same target; nothing: it is not for that target.
std::optional<std::size_t> find(const Plan& plan, const PlannedPhase& beside,
                                const std::string& name) {
  const auto found = std::ranges::find_if(plan, [&](const PlannedPhase& planned) {
    return planned.target == beside.target && planned.phase->name == name;
  });
  if (found == plan.end()) return std::nullopt;
  return static_cast<std::size_t>(found - plan.begin());
}

bool has_passed(State state) {
  return state == State::kPassed || state == State::kNotApplicable || state == State::kWaived ||
         state == State::kSkipped;
}

std::string came_to(State state) {
  if (state == State::kFailed || state == State::kPassed) {
    return fmt::format("which {}", name_of(state));
  }
  return fmt::format("which was {}", name_of(state));
}

bool waits_are_over(const Plan& plan, const std::vector<PhaseResult>& phases, std::size_t index) {
  for (const auto* const names : {&plan[index].phase->after, &plan[index].phase->needs}) {
    for (const std::string& name : *names) {
      const auto other = find(plan, plan[index], name);
      if (other && !is_over(phases[*other])) return false;
    }
  }
  return true;
}

}  // namespace

bool is_over(const PhaseResult& phase) {
  return phase.ended_ms != 0 || phase.state == State::kSkipped;
}

std::string why_blocked(const Plan& plan, const std::vector<PhaseResult>& phases,
                        std::size_t index) {
  for (const std::string& name : plan[index].phase->after) {
    const auto other = find(plan, plan[index], name);
    if (other && is_over(phases[*other]) && phases[*other].state == State::kNotDone) {
      return fmt::format("it comes after {}, {}", name, came_to(State::kNotDone));
    }
  }
  for (const std::string& name : plan[index].phase->needs) {
    const auto other = find(plan, plan[index], name);
    if (other && is_over(phases[*other]) && !has_passed(phases[*other].state)) {
      return fmt::format("it needs {}, {}", name, came_to(phases[*other].state));
    }
  }
  return "";
}

bool may_start(const Moment& now, std::size_t index) {
  const PhasePlan& phase = *now.plan[index].phase;
  for (std::size_t before = 0; before < index; ++before) {
    const bool beside = phase.parallel && now.plan[before].phase->parallel;
    if (!is_over(now.phases[before]) && !beside) return false;
  }
  if (!waits_are_over(now.plan, now.phases, index)) return false;
  int taken = phase.cpus;
  for (const std::size_t other : now.running) taken += now.plan[other].phase->cpus;
  return now.running.empty() || taken <= now.cpus;
}

}  // namespace tidemark::signoff
