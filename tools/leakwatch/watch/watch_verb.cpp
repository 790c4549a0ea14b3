#include <fmt/format.h>

#include <cstdio>
#include <string>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/run/run_directory.h"
#include "tools/leakwatch/verbs.h"
#include "tools/leakwatch/watch/plan.h"
#include "tools/leakwatch/watch/session.h"

namespace tidemark::leakwatch {
namespace {

Run new_run(const Plan& plan) {
  return {.tool = "leakwatch",
          .tool_version = TIDEMARK_VERSION,
          .command = plan.command_line,
          .target = plan.target.words()};
}

// What cannot be started or found is an end like any other, so that the run
// directory says so.
Outcome soak(const Plan& plan, RunDirectory& directory) {
  try {
    return Session(plan, directory).run();
  } catch (const Error& error) {
    directory.run().end = {.kind = EndKind::kNotStarted, .why = error.what()};
    directory.end();
    throw;
  }
}

}  // namespace

int watch_verb(const cli::Args& args) {
  const Plan plan = plan_of(args);
  RunDirectory directory = RunDirectory::create(
      plan.output, new_run(plan), plan.force ? FormerRun::kReplace : FormerRun::kKeep);
  const Outcome outcome = soak(plan, directory);
  const std::string last = fmt::format("{}\n{}: verdict.json, series.db\n",
                                       printable(outcome.text()), directory.path().string());
  (void)std::fputs(last.c_str(), stdout);  // nobody may be reading it
  return outcome.exit_code();
}

}  // namespace tidemark::leakwatch
