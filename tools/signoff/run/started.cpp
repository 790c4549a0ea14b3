#include "tools/signoff/run/started.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "tools/signoff/report/result_json.h"
#include "tools/signoff/run/interruption.h"
#include "tools/signoff/run/runner.h"
#include "tools/signoff/run/settings.h"

namespace tidemark::signoff {
namespace {

namespace fs = std::filesystem;

// Before the lock, which makes it: whatever is there belongs to somebody.
void require_nothing_in(const fs::path& directory) {
  std::error_code none;
  if (!fs::exists(directory, none)) return;
  if (fs::is_directory(directory, none) && fs::is_empty(directory, none)) return;
  const bool ours = fs::exists(directory / kResultFile, none);
  throw Error(fmt::format("{}: {}", printable(directory.string()),
                          ours ? "a campaign is there already" : "there is something else"),
              ours ? fmt::format("signoff run --resume {} goes on with it; or give another "
                                 "directory with --output",
                                 printable(directory.string()))
                   : "give another directory with --output");
}

Started begin(const cli::Args& args) {
  auto campaign = std::make_unique<Campaign>(read_campaign(args.operands()[0]));
  Plan plan = plan_of(*campaign, selection_from(args));
  const fs::path directory =
      fs::absolute(args.given("--output") ? fs::path(args.value("--output"))
                                          : default_directory(campaign->name));
  SignoffResult result{.campaign = campaign->name,
                       .file = campaign->file.string(),
                       .version = args.value("--version"),
                       .scale = scale_from(args),
                       .commit = commit_from(args, campaign->file),
                       .baseline_directory = baseline_from(args),
                       .history = history_from(args, *campaign),
                       .strict = args.given("--strict"),
                       .started_ms = now_ms(),
                       .phases = phases_of(plan)};
  std::set<std::string> flavours;
  for (const TargetPlan& target : campaign->targets) {
    if (!target.flavour.empty()) flavours.insert(target.flavour);
  }
  result.flavour = fmt::format("{}", fmt::join(flavours, ", "));
  require_nothing_in(directory);  // and what is wrong with the command line has been said
  DirectoryLock lock(directory);
  copy_campaign(*campaign, directory);
  write_result(directory, result);
  return {.directory = directory,
          .lock = std::move(lock),
          .campaign = std::move(campaign),
          .plan = std::move(plan),
          .result = std::move(result)};
}

// What runs would have removed themselves.
void remove_scratch(const fs::path& directory, const SignoffResult& journal) {
  for (const PhaseResult& phase : journal.phases) {
    for (const RunResult& run : phase.runs) {
      std::error_code ignored;
      if (is_interrupted(run)) fs::remove_all(scratch_of(directory / run.directory), ignored);
    }
  }
}

Started go_on(const cli::Args& args) {
  for (const char* const option : {"--target", "--only", "--skip", "--scale", "--output",
                                   "--baseline", "--version", "--commit", "--history"}) {
    if (args.given(option)) {
      throw UsageError(fmt::format("{}: a campaign goes on with what it began with", option),
                       "leave it out, or start anew");
    }
  }
  const fs::path directory = fs::absolute(args.value("--resume"));
  if (!fs::exists(directory / kResultFile)) {
    throw UsageError(fmt::format("--resume: {} is no campaign's directory",
                                 tidemark::quoted(args.value("--resume"))),
                     fmt::format("there is no {} in it", kResultFile));
  }
  DirectoryLock lock(directory);
  SignoffResult journal = read_result(directory);
  auto campaign = std::make_unique<Campaign>(read_campaign_copy(directory, journal.file));
  Plan plan = plan_in(*campaign, journal);
  resume(*campaign, plan, journal);
  remove_scratch(directory, journal);
  journal.ended_ms = 0;
  return {.directory = directory,
          .lock = std::move(lock),
          .campaign = std::move(campaign),
          .plan = std::move(plan),
          .result = std::move(journal)};
}

}  // namespace

Started start_campaign(const cli::Args& args) {
  if (args.given("--resume") != args.operands().empty()) {
    throw UsageError("expected one campaign file, or --resume DIR",
                     "`signoff run --help` shows examples");
  }
  return args.given("--resume") ? go_on(args) : begin(args);
}

}  // namespace tidemark::signoff
