#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "lib/process/guard.h"
#include "tools/signoff/result.h"
#include "tools/signoff/run/duration.h"
#include "tools/signoff/run/plan.h"

namespace tidemark::signoff {

// What goes on, for those who look.
struct RunningNow {
  std::string phase;  // PhaseResult::id()
  std::string run;    // "memcheck 2 of 3"
  Duration elapsed{0};
  Duration expected{0};
};
struct Standing {
  std::size_t phases = 0;  // that are asked for
  std::size_t ended = 0;
  std::vector<RunningNow> running;
  double share = 0;  // of the expected time, 0 to 1
  Duration left{0};  // of it
};

// What others do with it. All may be empty.
struct RunnerCallbacks {
  std::function<void(const SignoffResult&)> save;  // after each change: the journal
  std::function<void(PhaseResult&)>
      judge;  // all runs of a phase have ended: sets its state and why
  Expected expected;
  std::function<void(const PhaseResult&, const RunResult&)> started;
  std::function<void(const PhaseResult&, const RunResult&)> ended;
  std::function<void(const PhaseResult&)> phase_ended;
  std::function<void(const Standing&)> standing;  // several times a second
};

struct RunnerOptions {
  std::filesystem::path directory;  // absolute; ours alone (DirectoryLock)
  double scale = 1;
  GuardLimits guard;
  int cpus = 1;  // that phases which run at once may take together
  RunnerCallbacks callbacks;
};

enum class RunnerEnd : std::uint8_t { kDone, kInterrupted };

// Runs what is left to do of `plan`, and keeps result.phases up to date: those of phases_of(plan),
// or of a journal that resume() went over. A phase without a judge comes to tool_state().
//
// Phases start in their order. One that is not parallel waits for all before it, and all after it
// wait for it; parallel ones run beside each other as far as their CPUs go, each after those that
// it names. One that waits for a phase that was not done is not done either; one that was not
// asked for holds nobody up.
//
// SIGINT, SIGTERM or SIGHUP ends what is under way gently, a second one at once; those runs are
// marked as interrupted, and their phases stay open. REQUIRES: one thread.
RunnerEnd run_campaign(const Campaign& campaign, const Plan& plan, const RunnerOptions& options,
                       SignoffResult& result);

// Prepares a journal for going on: what ended is kept; the runs that were under way become attempts
// that do not count, and so do those that a signal interrupted. Throws Error when its phases are
// not those of the campaign.
void resume(const Campaign& campaign, const Plan& plan, SignoffResult& journal);

// The part of a plan that a journal asked for.
Plan plan_in(const Campaign& campaign, const SignoffResult& journal);

}  // namespace tidemark::signoff
