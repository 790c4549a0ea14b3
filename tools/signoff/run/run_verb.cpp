#include "tools/signoff/run/run_verb.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <system_error>

#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/cli/values.h"
#include "tools/signoff/appraisal.h"
#include "tools/signoff/report/report_verb.h"
#include "tools/signoff/report/result_json.h"
#include "tools/signoff/run/order.h"
#include "tools/signoff/run/preflight.h"
#include "tools/signoff/run/progress.h"
#include "tools/signoff/run/runner.h"
#include "tools/signoff/run/started.h"

namespace tidemark::signoff {
namespace {

// What cannot be done here is said before the first run, not hours later.
void say_troubles(const Started& started) {
  Plan left = started.plan;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (is_over(started.result.phases[i])) left[i].skipped = "over";
  }
  for (const Trouble& trouble : preflight(left, *started.campaign, started.directory)) {
    (void)std::fputs(
        fmt::format("signoff: {} cannot be done here: {}\n", trouble.phase, printable(trouble.why))
            .c_str(),
        stderr);
  }
}

RunnerEnd run_phases(Started& started, const cli::Args& args, Appraisal& appraisal) {
  const auto asked =
      std::ranges::count_if(started.plan, &std::string::empty, &PlannedPhase::skipped);
  Progress progress(static_cast<std::size_t>(asked));
  const RunnerCallbacks callbacks{
      .save = [&](const SignoffResult& result) { write_result(started.directory, result); },
      .judge = [&](PhaseResult& phase) { appraisal.judge(phase); },
      .expected = appraisal.expected(),
      .started = std::bind_front(&Progress::started, &progress),
      .ended = std::bind_front(&Progress::ended, &progress),
      .phase_ended = std::bind_front(&Progress::phase_ended, &progress),
      .standing = std::bind_front(&Progress::standing, &progress)};
  const RunnerOptions options{
      .directory = started.directory,
      .scale = started.result.scale,
      .guard = {.memory = cli::percent_of(args.value("--max-memory"), "--max-memory") / 100},
      .cpus = usable_cpus(),
      .callbacks = callbacks};
  return run_campaign(*started.campaign, started.plan, options, started.result);
}

AppraisalOptions options_of(const Started& started) {
  AppraisalOptions options{.directory = started.directory,
                           .baseline = started.result.baseline_directory,
                           .flavour = started.result.flavour,
                           .scale = started.result.scale,
                           .started_ms = started.result.started_ms};
  if (!started.result.history.empty()) options.history = started.result.history;
  return options;
}

// A campaign that cannot begin leaves its directory as it was: the next attempt takes it.
Appraisal appraisal_of(const Started& started, bool fresh) {
  try {
    return {*started.campaign, options_of(started)};
  } catch (const Error&) {
    std::error_code ignored;
    if (fresh) std::filesystem::remove_all(started.directory, ignored);
    throw;
  }
}

}  // namespace

int run_verb(const cli::Args& args) {
  Started started = start_campaign(args);
  SignoffResult& result = started.result;
  Appraisal appraisal = appraisal_of(started, !args.given("--resume"));
  say_troubles(started);
  if (run_phases(started, args, appraisal) == RunnerEnd::kInterrupted) {
    (void)std::fputs(fmt::format("signoff: interrupted; signoff run --resume {} goes on\n",
                                 printable(started.directory.string()))
                         .c_str(),
                     stderr);
    return cli::kFailed;
  }
  result.ended_ms = now_ms();
  appraisal.conclude(result);
  appraisal.publish(result);
  write_report(result, started.directory, {.format = "text"});
  return result.exit_code();
}

}  // namespace tidemark::signoff
