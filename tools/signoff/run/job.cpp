#include "tools/signoff/run/job.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/base/error.h"
#include "lib/process/own_tool.h"
#include "tools/signoff/campaign/tools.h"
#include "tools/signoff/run/preflight.h"

namespace tidemark::signoff {
namespace {

namespace fs = std::filesystem;

// Our tools end their target and write a report first.
constexpr std::chrono::seconds kGraceOfTools{20};
constexpr std::chrono::seconds kGraceOfCommands{5};

bool any_names_directory(const std::vector<std::string>& texts) {
  return std::ranges::any_of(texts,
                             [](const std::string& text) { return has_placeholder(text, "dir"); });
}

// Whether a run names its directory, in its own texts or in those of its target.
bool names_directory(const RunPlan& run, const TargetPlan& target) {
  const auto in_value = [](const auto& entry) { return has_placeholder(entry.second, "dir"); };
  return any_names_directory(run.args) || any_names_directory(target.command) ||
         std::ranges::any_of(target.environment, in_value) ||
         std::ranges::any_of(target.load, in_value);
}

void make(const fs::path& directory) {
  std::error_code failed;
  fs::create_directories(directory, failed);
  if (failed) throw errno_error(directory.string(), failed.value());
}

}  // namespace

Job::Job(const PlannedPhase& planned, const NextRun& next, const JobPlace& place)
    : directory_(place.root / run_directory_of(planned, next)),
      scratch_(scratch_of(directory_)),
      log_(directory_.string() + ".log") {
  const RunPlan& run = *next.run;
  const Execution execution{.target = planned.target,
                            .campaign = place.campaign->file.parent_path(),
                            .directory = directory_,
                            .scratch = scratch_,
                            .scale = place.scale,
                            .port = [&] { return port_ = free_port(place.taken_ports); }};
  Expanded expanded = expand(run.args, execution);
  command_ = {.arguments = std::move(expanded.arguments),
              .environment = std::move(expanded.environment),
              .directory = execution.campaign};
  add_tool(run);
  needs_directory_ = !takes_directory(run.tool, run.args) && names_directory(run, *planned.target);
  grace_ = run.tool == "command" ? kGraceOfCommands : kGraceOfTools;
}

// Our tools are told where to write, and make the directory themselves.
void Job::add_tool(const RunPlan& run) {
  if (run.tool == "command") return;
  std::vector<std::string>& arguments = command_.arguments;
  if (takes_directory(run.tool, run.args)) {
    arguments.insert(arguments.begin() + 1, {"--output", directory_.string()});
  }
  const auto tool = find_own_tool(run.tool);
  arguments.insert(arguments.begin(), tool ? tool->string() : run.tool);
}

void Job::start() {
  make(directory_.parent_path());
  if (needs_directory_) make(directory_);
  make(scratch_);
  started_ = Clock::now();
  try {
    tree_ = Tree::start(command_, {.output = log_, .errors = log_});
  } catch (...) {
    end_scratch();
    throw;
  }
}

std::optional<End> Job::wait(std::chrono::milliseconds limit) {
  std::optional<End> end = tree_->wait(limit);
  if (!end) return end;
  tree_.reset();  // with whatever it left running
  end_scratch();
  return end;
}

Duration Job::elapsed() const { return Clock::now() - started_; }

std::int64_t Job::rss_bytes() const { return usage(tree_->processes()).rss_bytes; }

void Job::ask_to_stop() { tree_->signal(SIGTERM); }

End Job::stop(const std::function<bool()>& at_once) {
  End end = tree_->stop({.signal = SIGTERM, .grace = grace_, .at_once = at_once});
  tree_.reset();
  end_scratch();
  return end;
}

// What cannot be removed stays; it is in our own directory.
void Job::end_scratch() const {
  std::error_code ignored;
  fs::remove_all(scratch_, ignored);
}

}  // namespace tidemark::signoff
