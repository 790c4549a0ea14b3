#include "tools/signoff/judge/judge_verb.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/budget/budget_file.h"
#include "tools/signoff/appraisal.h"
#include "tools/signoff/report/report_verb.h"

namespace tidemark::signoff {
namespace {

// "memcheck" of memprof, else the tool: what repetitions have in common.
std::string name_of_kind(const Run& run) { return run.backend.empty() ? run.tool : run.backend; }

std::vector<budget::Rule> rules_of(const cli::Args& args, std::vector<budget::Waiver>& waivers) {
  budget::Budgets all;
  for (const std::string& path : args.values("--budgets")) {
    budget::Budgets more = budget::read_budgets(path);
    std::ranges::move(more.rules, std::back_inserter(all.rules));
    std::ranges::move(more.waivers, std::back_inserter(all.waivers));
  }
  for (const std::string& text : args.values("--rule")) {
    all.rules.push_back(budget::parse_rule(text, "--rule"));
  }
  if (all.rules.empty()) {
    throw UsageError("signoff judge needs rules", "--budgets FILE, or --rule 'rss.peak < 512MiB'");
  }
  budget::check_budgets(all);
  waivers = std::move(all.waivers);
  return std::move(all.rules);
}

// The runs as one phase, repetitions counted.
PhaseResult phase_of(const cli::Args& args) {
  PhaseResult phase{.name = args.value("--phase"), .title = "Runs that were there"};
  std::map<std::string, int> repetitions;
  for (const std::string& directory : args.operands()) {
    const RunFacts facts = read_run_facts(directory);
    const std::string name = name_of_kind(facts.run);
    phase.runs.push_back({.name = name,
                          .repetition = ++repetitions[name],
                          .tool = facts.run.tool,
                          .command = facts.run.command,
                          .directory = directory,
                          .state = facts.verdict,
                          .why = facts.verdict_text,
                          .started_ms = facts.run.started_ms,
                          .ended_ms = facts.run.ended_ms});
  }
  // Repetitions stand together, as in a campaign.
  std::ranges::stable_sort(phase.runs, {}, &RunResult::name);
  const auto starts = std::ranges::min(phase.runs, {}, &RunResult::started_ms);
  phase.started_ms = starts.started_ms;
  phase.ended_ms = std::ranges::max(phase.runs, {}, &RunResult::ended_ms).ended_ms;
  return phase;
}

Campaign campaign_of(const cli::Args& args, const PhaseResult& phase) {
  Campaign campaign{.name = phase.name, .title = "Runs against budgets"};
  campaign.rules = rules_of(args, campaign.waivers);
  campaign.targets = {{.flavour = args.value("--flavour")}};
  PhasePlan plan{.name = phase.name};
  for (const RunResult& run : phase.runs) {
    plan.runs.push_back({.name = run.name, .tool = run.tool, .verdict = args.given("--verdicts")});
  }
  campaign.phases = {std::move(plan)};
  return campaign;
}

}  // namespace

int judge_verb(const cli::Args& args) {
  PhaseResult phase = phase_of(args);
  const Campaign campaign = campaign_of(args, phase);
  Appraisal appraisal(campaign,
                      {.directory = "", .baseline = args.value("--baseline"), .scale = 0});
  SignoffResult result{.campaign = phase.name,
                       .flavour = args.value("--flavour"),
                       .strict = args.given("--strict"),
                       .started_ms = phase.started_ms,
                       .ended_ms = phase.ended_ms > 0 ? phase.ended_ms : now_ms()};
  result.phases.push_back(std::move(phase));
  appraisal.conclude(result);
  write_report(result, ".",
               {.format = args.given("--format") ? args.value("--format") : "",
                .output = args.value("--output")});
  return result.exit_code();
}

}  // namespace tidemark::signoff
