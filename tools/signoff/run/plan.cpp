#include "tools/signoff/run/plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/error.h"
#include "lib/base/glob.h"
#include "lib/base/lines.h"
#include "lib/base/nearest.h"
#include "tools/signoff/campaign/tools.h"

namespace tidemark::signoff {
namespace {

bool chooses(const std::string& glob, const PlannedPhase& planned) {
  return matches_glob(glob, planned.phase->name) ||
         matches_glob(glob, planned.target->name + "/" + planned.phase->name);
}

bool chosen(const std::vector<std::string>& globs, const PlannedPhase& planned) {
  return std::ranges::any_of(globs,
                             [&](const std::string& glob) { return chooses(glob, planned); });
}

[[noreturn]] void fail_nothing(std::string_view option, const std::string& glob,
                               const std::vector<std::string_view>& known) {
  const std::string_view meant = nearest(glob, known);
  throw UsageError(fmt::format("{} {}: there is no such {}", option, tidemark::quoted(glob),
                               option == "--target" ? "target" : "phase"),
                   meant.empty() ? fmt::format("there {} {}", known.size() == 1 ? "is" : "are",
                                               fmt::join(known, ", "))
                                 : fmt::format("did you mean {}?", meant));
}

void check_globs(const Plan& plan, std::string_view option, const std::vector<std::string>& globs,
                 const Campaign& campaign) {
  std::vector<std::string_view> known;
  for (const PhasePlan& phase : campaign.phases) known.push_back(phase.name);
  for (const std::string& glob : globs) {
    const auto fits = [&](const PlannedPhase& planned) { return chooses(glob, planned); };
    if (std::ranges::none_of(plan, fits)) fail_nothing(option, glob, known);
  }
}

void check_selection(const Plan& plan, const Campaign& campaign, const Selection& selection) {
  std::vector<std::string_view> targets;
  for (const TargetPlan& target : campaign.targets) targets.push_back(target.name);
  for (const std::string& glob : selection.targets) {
    const auto fits = [&](std::string_view name) { return matches_glob(glob, name); };
    if (std::ranges::none_of(targets, fits)) fail_nothing("--target", glob, targets);
  }
  check_globs(plan, "--only", selection.only, campaign);
  check_globs(plan, "--skip", selection.skip, campaign);
  if (std::ranges::none_of(plan, &std::string::empty, &PlannedPhase::skipped)) {
    throw UsageError("nothing is left to be done", "--target, --only and --skip leave no phase");
  }
}

std::vector<const RunPlan*> runs_on(const std::string& target, const PhasePlan& phase) {
  std::vector<const RunPlan*> runs;
  for (const RunPlan& run : phase.runs) {
    if (applies_to(run.targets, target)) runs.push_back(&run);
  }
  return runs;
}

std::string why_skipped(const PlannedPhase& planned, const Selection& selection) {
  if (!applies_to(selection.targets, planned.target->name)) return "not asked for: --target";
  if (!selection.only.empty() && !chosen(selection.only, planned)) return "not asked for: --only";
  return chosen(selection.skip, planned) ? "not asked for: --skip" : "";
}

}  // namespace

Plan plan_of(const Campaign& campaign, const Selection& selection) {
  Plan plan;
  for (const PhasePlan& phase : campaign.phases) {
    for (const TargetPlan& target : campaign.targets) {
      if (!applies_to(phase.targets, target.name)) continue;
      PlannedPhase planned{.target = &target, .phase = &phase, .runs = runs_on(target.name, phase)};
      if (planned.runs.empty()) continue;
      if (campaign.targets.size() > 1) planned.shown_target = target.name;
      planned.skipped = why_skipped(planned, selection);
      plan.push_back(std::move(planned));
    }
  }
  check_selection(plan, campaign, selection);
  return plan;
}

std::vector<PhaseResult> phases_of(const Plan& plan) {
  std::vector<PhaseResult> phases;
  for (const PlannedPhase& planned : plan) {
    PhaseResult result{.target = planned.shown_target,
                       .name = planned.phase->name,
                       .title = planned.phase->title,
                       .weight = planned.phase->weight};
    if (!planned.skipped.empty()) {
      result.state = State::kSkipped;
      result.why = planned.skipped;
    }
    phases.push_back(std::move(result));
  }
  return phases;
}

std::optional<NextRun> next_run(const PlannedPhase& planned, const PhaseResult& result) {
  for (const RunPlan* const run : planned.runs) {
    for (int repetition = 1; repetition <= run->repeat; ++repetition) {
      NextRun next{.run = run, .repetition = repetition};
      bool ended = false;
      for (const RunResult& former : result.runs) {
        if (former.name != run->name || former.repetition != repetition) continue;
        next.attempt = std::max(next.attempt, former.attempt + 1);
        ended = ended || !former.superseded;
      }
      if (!ended) return next;
    }
  }
  return std::nullopt;
}

std::string run_directory_of(const PlannedPhase& planned, const NextRun& next) {
  std::string directory = fmt::format("runs/{}/{}/{}.{}", planned.target->name, planned.phase->name,
                                      next.run->name, next.repetition);
  if (next.attempt > 1) directory += fmt::format(".attempt{}", next.attempt);
  return directory;
}

std::filesystem::path scratch_of(const std::filesystem::path& run_directory) {
  return run_directory.string() + ".scratch";
}

}  // namespace tidemark::signoff
