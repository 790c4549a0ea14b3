// Faults on the target's processes: "pause 1s", "kill", "kill restart".

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <set>
#include <vector>

#include "lib/base/error.h"
#include "lib/process/watch.h"
#include "tools/pressure/faults/kinds.h"

namespace tidemark::pressure {
namespace {

// Who stops an ancestor of ours stops itself, or what waits for us.
bool is_above_us(pid_t pid) {
  for (auto process = process_status(::getpid()); process && process->pid > 1;
       process = process_status(process->parent)) {
    if (process->pid == pid) return true;
  }
  return pid == 1;
}

std::string cannot_pause(const load::Scenario& scenario, const Order&) {
  if (scenario.launch) return "";
  if (!scenario.pid) return "it is not known which process to stop: give [launch], or pid";
  const auto pid = static_cast<pid_t>(*scenario.pid);
  if (is_above_us(pid)) return fmt::format("process {} is one that we run below", pid);
  if (!process_status(pid)) return fmt::format("there is no process {}", pid);
  if (::kill(pid, 0) != 0) return fmt::format("process {} is another user's", pid);
  return "";
}

struct Stopped {
  Custodian* custodian;
  std::vector<Custodian::Id> debts;
  std::set<pid_t> pids;
};

// Whether everything that lives is stopped now.
bool stop_what_runs(const TargetProcess& target, Stopped& stopped) {
  bool all = true;
  for (const ProcessStatus& process : target.processes()) {
    if (stopped.pids.contains(process.pid)) continue;
    all = false;
    // One that somebody else has stopped is not ours to continue.
    if (process.state != 'T') {
      stopped.debts.push_back(stopped.custodian->owe(to_continue(process)));
      send_signal(process, SIGSTOP);
    }
    stopped.pids.insert(process.pid);
  }
  return all;
}

TakeBack begin_pause(Ground& ground, const Order&) {
  Stopped stopped{.custodian = ground.custodian};
  // A process that forks while we stop it leaves a child that runs.
  for (int tries = 0; tries < 100 && !stop_what_runs(*ground.target, stopped); ++tries) continue;
  if (stopped.pids.empty()) throw Error("no process of the target lives");
  return [stopped] {
    std::string problem;
    for (const Custodian::Id debt : stopped.debts) {
      const std::string said = stopped.custodian->take_back(debt);
      if (problem.empty()) problem = said;
    }
    return problem;
  };
}

std::string cannot_kill(const load::Scenario& scenario, const Order&) {
  return scenario.launch ? "" : "only a target that [launch] started is killed";
}

TakeBack begin_kill(Ground& ground, const Order& order) {
  ground.target->kill();
  if (order.restart) ground.target->restart();
  return [] { return std::string(); };
}

}  // namespace

constinit const FaultKind kPauseFault = {
    .name = "pause", .cannot = cannot_pause, .begin = begin_pause};
constinit const FaultKind kKillFault = {.name = "kill", .cannot = cannot_kill, .begin = begin_kill};

}  // namespace tidemark::pressure
