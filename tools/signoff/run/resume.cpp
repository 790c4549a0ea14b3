#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "tools/signoff/run/interruption.h"
#include "tools/signoff/run/order.h"
#include "tools/signoff/run/runner.h"

// Interruptions, and going on after them.

namespace tidemark::signoff {
namespace {

constexpr std::string_view kMark = "interrupted";

// Runs that did not end do not count: they are done again, each in a directory of its own.
void set_aside(PhaseResult& phase) {
  for (RunResult& run : phase.runs) {
    if (run.superseded || !is_interrupted(run)) continue;
    if (run.ended_ms == 0) run.why = fmt::format("{}: signoff was killed", kMark);
    run.state = State::kNotDone;
    run.superseded = true;
  }
}

}  // namespace

std::string interrupted_by(int signal, const End& end) {
  const char* const name = ::sigabbrev_np(signal);
  return fmt::format("{} by SIG{}{}{}", kMark, name == nullptr ? "?" : name,
                     end.kind == EndKind::kStopped ? "" : "; ",
                     end.kind == EndKind::kStopped ? "" : end.why);
}

bool is_interrupted(const RunResult& run) {
  return run.ended_ms == 0 || run.why.starts_with(kMark);
}

Plan plan_in(const Campaign& campaign, const SignoffResult& journal) {
  Plan plan = plan_of(campaign, Selection{});
  for (PlannedPhase& planned : plan) {
    const auto phase = std::ranges::find(journal.phases, planned.id(), &PhaseResult::id);
    if (phase != journal.phases.end() && phase->state == State::kSkipped) {
      planned.skipped = phase->why;
    }
  }
  return plan;
}

void resume(const Campaign& campaign, const Plan& plan, SignoffResult& journal) {
  const bool same =
      std::ranges::equal(plan, journal.phases, {}, &PlannedPhase::id, &PhaseResult::id);
  if (!same) {
    throw Error(fmt::format("{}: the journal and the campaign have different phases",
                            printable(campaign.file.string())),
                "start it anew, in another directory");
  }
  for (PhaseResult& phase : journal.phases) {
    if (is_over(phase)) continue;
    set_aside(phase);
    phase.state = State::kNotDone;
    phase.why.clear();
  }
}

}  // namespace tidemark::signoff
