#include "tools/memprof/probes.h"

#include <fmt/format.h>

#include <csignal>
#include <string_view>
#include <thread>
#include <utility>

#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/process/heap_agent.h"
#include "lib/process/heap_dumps.h"
#include "lib/process/proc.h"
#include "tools/memprof/raw_files.h"

namespace tidemark::memprof {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr milliseconds kStep{50};

// How many files there are whose name starts and ends so, and holds `mark`.
std::size_t complete_files(const fs::path& raw, std::string_view start, std::string_view mark) {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(raw)) {
    if (!entry.path().filename().string().starts_with(start)) continue;
    const File file = read_file(entry.path());
    if (file.bytes().find(mark) != std::string_view::npos) ++count;
  }
  return count;
}

// Sends `signal` to every process that handles it; gives how many there are.
std::size_t signal_all(const Tree& tree, int signal) {
  std::size_t sent = 0;
  for (const ProcessStatus& process : tree.processes()) {
    if (handles(process.pid, signal) && ::kill(process.pid, signal) == 0) ++sent;
  }
  return sent;
}

}  // namespace

// A heap dump ends with the mapped files; so does a CPU profile, which is
// written at once when profiling ends.
bool Probes::written(std::size_t files) const {
  return plan_.probe == Probe::kHeapDumpSignal
             ? complete_files(plan_.raw, "gperf-heap", "MAPPED_LIBRARIES") >= files
             : complete_files(plan_.raw, "gperf-cpu", "r-xp") >= files;
}

void Probes::begin(const Tree& tree) {
  due_ = Clock::now() + plan_.every;
  if (plan_.probe == Probe::kProfilingSignal && signal_all(tree, kProfilingSignal) == 0) {
    problems_.emplace_back("no process of the target took the signal that starts profiling");
  }
}

// Copies the files of the processes that live; false when there is none.
bool Probes::copy_heap_files(const Tree& tree, const std::function<std::string(pid_t)>& name) {
  std::size_t copied = 0;
  for (const ProcessStatus& process : tree.processes()) {
    for (const fs::path& file : heap_files_of(process.pid)) {
      try {
        snapshot_heap(file, plan_.raw / name(process.pid));
        ++copied;
      } catch (const Error& error) {
        problems_.emplace_back(error.what());
      }
    }
  }
  return copied > 0;
}

void Probes::ask(const Tree& tree) {
  if (plan_.probe == Probe::kHeapDumpSignal) {
    if (signal_all(tree, kHeapDumpSignal) > 0) ++taken_;
    return;
  }
  const std::int64_t at = now_ms() - plan_.started_ms;
  if (plan_.probe == Probe::kHeapFiles) {
    if (copy_heap_files(tree, [&](pid_t pid) { return snapshot_name(at, pid, "tmheap"); })) {
      ++taken_;
    }
    return;
  }
  std::vector<VgdbQuestion> questions;
  for (const pid_t pid : valgrind_processes(plan_.vgdb)) {
    if (plan_.probe == Probe::kLeakCheck) {
      questions.push_back({.pid = pid,
                           .command = {"leak_check", "full", "reachable", "changed"},
                           .answer = plan_.raw / snapshot_name(at, pid, "txt")});
    } else {
      const fs::path file = plan_.raw / snapshot_name(at, pid, "out");
      questions.push_back(
          {.pid = pid, .command = {"detailed_snapshot", file.string()}, .answer = "/dev/null"});
    }
  }
  if (questions.empty()) return;
  round_.start(std::move(questions));
  asking_ = true;
}

void Probes::tick(const Tree& tree) {
  if (asking_ && round_.poll()) {
    asking_ = false;
    ++taken_;
    // The time that a leak check takes is the target's loss: leave it as much.
    due_ = std::max(due_, Clock::now() + plan_.every / 2);
  }
  if (asking_ || plan_.every.count() == 0 || Clock::now() < due_) return;
  due_ += plan_.every;
  ask(tree);
}

void Probes::finish(const Tree& tree, milliseconds limit) {
  const Clock::time_point end = Clock::now() + limit;
  while (asking_ && Clock::now() < end) {
    asking_ = !round_.poll();
    std::this_thread::sleep_for(kStep);
  }
  // A target that cleans up when it stops has nothing in use afterwards.
  if (plan_.probe == Probe::kHeapFiles &&
      !copy_heap_files(tree, [](pid_t pid) { return at_stop_name(pid); })) {
    problems_.emplace_back("no process of the target has the heap agent's file open");
  }
  const bool heap = plan_.probe == Probe::kHeapDumpSignal;
  if (!heap && plan_.probe != Probe::kProfilingSignal) return;
  std::size_t files =
      heap ? complete_files(plan_.raw, "gperf-heap", "MAPPED_LIBRARIES") : std::size_t{0};
  files += signal_all(tree, heap ? kHeapDumpSignal : kProfilingSignal);
  while (!written(files) && Clock::now() < end) std::this_thread::sleep_for(kStep);
  if (!written(files)) {
    problems_.push_back(
        fmt::format("the profiler wrote no last file within {} s",
                    std::chrono::duration_cast<std::chrono::seconds>(limit).count()));
  }
}

std::vector<std::string> Probes::problems() {
  std::vector<std::string> all = std::exchange(problems_, {});
  for (std::string& problem : round_.problems()) all.push_back(std::move(problem));
  return all;
}

}  // namespace tidemark::memprof
