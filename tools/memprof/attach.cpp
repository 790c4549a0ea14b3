#include "tools/memprof/attach.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <thread>

#include "lib/base/error.h"
#include "lib/cli/terminal.h"
#include "lib/process/interrupts.h"
#include "lib/process/proc.h"
#include "tools/memprof/backends/backends.h"
#include "tools/memprof/backends/perf.h"
#include "tools/memprof/raw_files.h"
#include "tools/memprof/vgdb.h"

namespace tidemark::memprof {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kStep{100};
constexpr std::chrono::seconds kPerfGrace{30};  // it writes what it holds

// Where valgrind puts its pipes unless it is told otherwise.
fs::path default_pipes() {
  const char* const directory = std::getenv("TMPDIR");
  return fs::path(directory == nullptr ? "/tmp" : directory) / "vgdb-pipe";
}

bool runs_under_valgrind(pid_t pid) {
  return std::ranges::binary_search(valgrind_processes(default_pipes()), pid);
}

void attach_perf(const Settings& settings, RunDirectory& directory) {
  std::vector<std::string> line =
      perf_record(installed(*settings.backend), fs::absolute(directory.raw()));
  line.insert(line.end(), {"-p", fmt::format("{}", *settings.attach)});
  Interrupts interrupts;
  cli::ProgressLine progress;
  Tree perf = Tree::start({.arguments = line}, {.output = directory.path() / "target.stdout",
                                                .errors = directory.path() / "target.stderr"});
  const Clock::time_point begin = Clock::now();
  std::optional<End> end;
  while (!(end = perf.wait(kStep)) && interrupts.count() == 0) {
    if (settings.run_for && Clock::now() - begin >= *settings.run_for) break;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - begin);
    progress.show(fmt::format("perf looks at {} · {} s", *settings.attach, seconds.count()));
  }
  if (!end) end = perf.stop({.signal = SIGINT, .grace = kPerfGrace});
  if (end->kind == EndKind::kExited && end->code != 0) {
    directory.run().end = {.kind = EndKind::kNotStarted, .why = "perf could not attach"};
  }
  progress.show("reading what perf wrote");
  perf_script(fs::absolute(directory.raw()));
}

void attach_vgdb(const Settings& settings, RunDirectory& directory) {
  VgdbRound round(default_pipes(), PipesOf::kSomeoneElse);
  round.start({{.pid = *settings.attach,
                .command = {"leak_check", "full", "reachable", "any"},
                .answer = fs::absolute(directory.raw()) /
                          fmt::format("memcheck.{}.txt", *settings.attach)}});
  while (!round.poll()) std::this_thread::sleep_for(kStep);
  for (std::string& problem : round.problems()) {
    directory.run().notes.push_back(std::move(problem));
  }
}

}  // namespace

void check_attach(const Settings& settings) {
  const pid_t pid = *settings.attach;
  if (!process_status(pid)) throw Error(fmt::format("--attach: there is no process {}", pid));
  if (!settings.load.empty() || settings.ready.kind != Readiness::Kind::kNone ||
      settings.snapshot_every.count() > 0) {
    throw UsageError("--attach excludes --load, --ready and --snapshot-every",
                     "the process is ready already; put it under load yourself");
  }
  if (settings.backend->name == "perf") return;
  if (settings.backend->name == "memcheck") {
    if (runs_under_valgrind(pid)) return;
    throw Error(fmt::format("--attach: process {} does not run under valgrind, and memcheck cannot "
                            "be put under a process that runs",
                            pid),
                "start it with: memprof run --with memcheck -- TARGET; or use --with perf");
  }
  throw Error(
      fmt::format("--attach: {} has to be there when a process starts", settings.backend->name),
      "perf can attach to any process, memcheck to one that runs under valgrind");
}

void attach(const Settings& settings, RunDirectory& directory) {
  // The process goes on: that is neither an exit nor an end of ours.
  directory.run().end = {.kind = EndKind::kStopped, .why = "detached; the process runs on"};
  directory.run().notes.push_back(fmt::format("attached to process {}", *settings.attach));
  if (settings.backend->name == "perf") {
    attach_perf(settings, directory);
  } else {
    attach_vgdb(settings, directory);
  }
}

}  // namespace tidemark::memprof
