#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tools/signoff/campaign/campaign.h"
#include "tools/signoff/result.h"

namespace tidemark::signoff {

// What somebody asks for of a campaign. Globs; of phases they match "normal" as well as
// "redis/normal". Nothing given: all.
struct Selection {
  std::vector<std::string> targets;
  std::vector<std::string> only;
  std::vector<std::string> skip;
};

// A phase on a target. Points into the Campaign, which must outlive it.
struct PlannedPhase {
  const TargetPlan* target = nullptr;
  const PhasePlan* phase = nullptr;
  std::vector<const RunPlan*> runs;  // those that are for this target
  std::string shown_target;          // as PhaseResult has it
  std::string skipped;               // why it is not asked for; empty: it is

  std::string id() const {
    return shown_target.empty() ? phase->name : shown_target + "/" + phase->name;
  }
};

// All of a campaign in the order in which it runs: phase by phase, each on all of its targets.
using Plan = std::vector<PlannedPhase>;

// Throws UsageError for a glob that chooses nothing, and when nothing is left to be done.
Plan plan_of(const Campaign& campaign, const Selection& selection);

// The phases of `plan` before anything has run.
std::vector<PhaseResult> phases_of(const Plan& plan);

// The next execution of a phase by what its runs came to so far; nothing: all have ended. Several
// repetitions come one after the other, and an attempt that does not count is made up for first.
struct NextRun {
  const RunPlan* run = nullptr;
  int repetition = 1;
  int attempt = 1;
};
std::optional<NextRun> next_run(const PlannedPhase& planned, const PhaseResult& result);

// "runs/redis/normal/memcheck.1", with ".attempt2" from the second on: relative to the campaign's.
std::string run_directory_of(const PlannedPhase& planned, const NextRun& next);

// Beside a run directory: what {scratch} names.
std::filesystem::path scratch_of(const std::filesystem::path& run_directory);

}  // namespace tidemark::signoff
