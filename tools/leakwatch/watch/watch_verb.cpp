#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/cli/parser.h"
#include "lib/run/run_directory.h"
#include "lib/soak/soak.h"
#include "tools/leakwatch/report/night_html.h"
#include "tools/leakwatch/verbs.h"
#include "tools/leakwatch/watch/options.h"
#include "tools/leakwatch/watch/plan.h"
#include "tools/leakwatch/watch/session.h"

namespace tidemark::leakwatch {
namespace {

namespace fs = std::filesystem;

Run new_run(const Plan& plan) {
  return {.tool = "leakwatch",
          .tool_version = TIDEMARK_VERSION,
          .command = plan.command_line,
          .target = plan.target.words()};
}

// The plan of a soak that goes on: as it was asked for at first.
Plan former_plan(const fs::path& path) {
  const StoredRun stored = read_run(path);
  const std::vector<std::string>& command = stored.run.command;
  if (!soak::is_soak(stored.run) || command.size() < 2 || command[1] != kWatchVerb.name) {
    throw UsageError(fmt::format("--resume: {} is no soak of ours", printable(path.string())));
  }
  if (stored.run.state == "ended" && stored.run.cut_short.empty()) {
    throw UsageError(
        fmt::format("--resume: the soak in {} came to its end", printable(path.string())),
        "leakwatch report shows it");
  }
  const cli::Tool tool{.name = "leakwatch", .summary = "", .verbs = {&kWatchVerb, 1}};
  Plan plan =
      plan_of(cli::Parser(tool, kWatchVerb).parse({command.begin() + 2, command.end()}, command));
  plan.output = stored.directory;
  plan.resume = true;
  return plan;
}

Plan asked_plan(const cli::Args& args) {
  if (!args.given("--resume")) return plan_of(args);
  const auto other = std::ranges::find_if(kWatchOptions, [&](const cli::Option& option) {
    return option.name != "--resume" && args.given(option.name.substr(0, option.name.find(',')));
  });
  if (other != kWatchOptions.end() || !args.operands().empty() || !args.rest().empty()) {
    throw UsageError("--resume goes on as the soak was asked for, and takes nothing else");
  }
  return former_plan(args.value("--resume"));
}

RunDirectory directory_for(const Plan& plan) {
  if (plan.resume) return RunDirectory::resume(plan.output);
  return RunDirectory::create(plan.output, new_run(plan),
                              plan.force ? FormerRun::kReplace : FormerRun::kKeep);
}

// What cannot be started or found is an end like any other, so that the run
// directory says so.
Outcome watch(const Plan& plan, RunDirectory& directory) {
  try {
    return Session(plan, directory).run();
  } catch (const Error& error) {
    directory.run().end = {.kind = EndKind::kNotStarted, .why = error.what()};
    directory.run().cut_short = error.what();
    directory.end();
    throw;
  }
}

// The page for the morning. What it lacks is not worth the soak's exit code.
std::string write_page(RunDirectory& directory) {
  try {
    directory.list({.path = "report.html", .format = "html"});
    directory.save();
    write_file(directory.path() / "report.html", night_html(read_night(directory.path())));
    return "report.html, ";
  } catch (const Error& error) {
    const std::string line = fmt::format("leakwatch: no report.html: {}\n", error.what());
    (void)std::fputs(line.c_str(), stderr);  // nobody may be reading it
    return "";
  }
}

}  // namespace

int watch_verb(const cli::Args& args) {
  const Plan plan = asked_plan(args);
  RunDirectory directory = directory_for(plan);
  const Outcome outcome = watch(plan, directory);
  const std::string page = write_page(directory);
  const std::string last =
      fmt::format("{}\n{}: {}verdict.json, series.db\n", printable(outcome.text()),
                  printable(directory.path().string()), page);
  (void)std::fputs(last.c_str(), stdout);  // nobody may be reading it
  return outcome.exit_code();
}

}  // namespace tidemark::leakwatch
