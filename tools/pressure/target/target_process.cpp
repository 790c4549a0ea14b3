#include "tools/pressure/target/target_process.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "lib/base/clock.h"
#include "lib/base/error.h"

namespace tidemark::pressure {
namespace {

constexpr std::chrono::milliseconds kStopGrace{10'000};
constexpr int kPollMs = 20;

std::string place_of(const load::Target& target) {
  const bool v6 = target.host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", target.host, v6 ? "]" : "", target.port);
}

// A target over TLS, or on a Unix socket, is ready when it listens.
Readiness readiness_of(const load::Scenario& scenario) {
  if (!scenario.target || !scenario.target->socket.empty() || scenario.target->port == 0) {
    return parse_readiness("auto");
  }
  const std::string place = place_of(*scenario.target);
  const std::string& path = scenario.launch->ready_path;
  if (path.empty() || scenario.target->tls) return parse_readiness("tcp:" + place);
  return parse_readiness("http://" + place + (path.starts_with('/') ? "" : "/") + path);
}

std::string last_lines(const std::filesystem::path& file) {
  const std::string text = read_kernel_file(file).value_or("");
  const std::size_t end = text.find_last_not_of('\n');
  if (end == std::string::npos) return "";
  const std::size_t start = text.find_last_of('\n', end);
  return text.substr(start == std::string::npos ? 0 : start + 1, end - start);
}

}  // namespace

TargetProcess::TargetProcess(const load::Scenario& scenario, const std::filesystem::path& directory)
    : scenario_(&scenario) {
  if (scenario.launch && scenario.launch->under != "none" && !scenario.launch->under.empty()) {
    const load::LaunchPlan& plan = *scenario.launch;
    throw UsageError(
        fmt::format("launch.under is \"{}\", but pressure starts a target without a profiler",
                    plan.under),
        fmt::format("memprof run --with {} --load {} -- {}", plan.under,
                    scenario.name.ends_with(".toml") ? scenario.name : scenario.name + ".toml",
                    fmt::join(plan.command, " ")));
  }
  if (scenario.launch) {
    output_ = {.output = directory / "target.stdout", .errors = directory / "target.stderr"};
    readiness_ = readiness_of(scenario);
  } else if (scenario.pid) {
    process_ = process_status(static_cast<pid_t>(*scenario.pid));
    if (!process_ || process_->state == 'Z') {
      throw Error(fmt::format("no process has the pid {} that the scenario names", *scenario.pid));
    }
  }
}

void TargetProcess::launch() {
  probe_.emplace(*readiness_, output_);
  tree_.emplace(Tree::start({.arguments = scenario_->launch->command}, output_));
  not_later_ms_ = now_ms() + std::chrono::duration_cast<std::chrono::milliseconds>(
                                 scenario_->launch->ready_within)
                                 .count();
}

void TargetProcess::start(const std::function<bool()>& give_up) {
  if (!launched()) return;
  launch();
  while (!is_ready()) {
    if (give_up && give_up()) throw Error("stopped while the target was starting");
    if (const auto why = died()) throw Error(*why);
    ::poll(nullptr, 0, kPollMs);
  }
}

std::vector<ProcessStatus> TargetProcess::processes() const {
  if (tree_) return tree_->processes();
  if (!process_) return {};
  const auto now = process_status(process_->pid);
  if (!now || now->start_ticks != process_->start_ticks || now->state == 'Z') return {};
  std::vector<ProcessStatus> all = {*now};
  std::ranges::copy_if(descendants(now->pid), std::back_inserter(all),
                       [](const ProcessStatus& status) { return status.state != 'Z'; });
  return all;
}

std::optional<TargetReading> TargetProcess::read() const {
  const std::vector<ProcessStatus> living = processes();
  if (living.empty()) return std::nullopt;
  const TreeUsage sum = usage(living);
  TargetReading reading{.rss_bytes = sum.rss_bytes,
                        .anon_bytes = sum.anon_bytes,
                        .cpu_ms = sum.cpu_ms,
                        .processes = sum.processes,
                        .threads = sum.threads};
  for (const ProcessStatus& status : living) {
    reading.descriptors += open_files(status.pid).value_or(0);
  }
  return reading;
}

std::optional<std::string> TargetProcess::died() {
  if (!known()) return std::nullopt;
  if (!launched()) {
    if (!processes().empty()) return std::nullopt;
    return fmt::format("process {} ({}) is gone", process_->pid, process_->name);
  }
  if (!tree_) return std::nullopt;
  if (const std::optional<End> end = tree_->ended()) {
    const std::string said = last_lines(output_.errors);
    return fmt::format("the target {}: {}{}",
                       probe_ ? "ended before it was ready" : "ended during the run", end->why,
                       said.empty() ? "" : fmt::format("; it said last: {}", said));
  }
  if (probe_ && !is_ready() && now_ms() > not_later_ms_) {
    return fmt::format("the target was not ready within {:g} s: {}",
                       std::chrono::duration<double>(scenario_->launch->ready_within).count(),
                       probe_->seen());
  }
  return std::nullopt;
}

void TargetProcess::kill() {
  if (tree_) tree_->stop({.signal = SIGKILL, .grace = std::chrono::milliseconds{0}});
  tree_.reset();
  probe_.reset();
}

void TargetProcess::restart() {
  ++lives_;  // what the life before wrote is kept
  output_.output.replace_filename(fmt::format("target.{}.stdout", lives_ + 1));
  output_.errors.replace_filename(fmt::format("target.{}.stderr", lives_ + 1));
  launch();
}

bool TargetProcess::is_ready() {
  if (!launched()) return true;
  if (!tree_) return false;
  if (probe_ && probe_->is_ready(*tree_)) probe_.reset();
  return !probe_;
}

std::optional<End> TargetProcess::stop() {
  if (!tree_) return std::nullopt;
  std::optional<End> end = tree_->ended();
  if (!end) end = tree_->stop({.signal = SIGTERM, .grace = kStopGrace});
  tree_.reset();
  return end;
}

}  // namespace tidemark::pressure
