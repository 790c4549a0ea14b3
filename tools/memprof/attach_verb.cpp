#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/cli/values.h"
#include "lib/inject/ladder.h"
#include "lib/process/heap_agent.h"
#include "lib/process/proc.h"
#include "lib/report/amounts.h"
#include "lib/symbolize/build_id.h"
#include "tools/memprof/output.h"
#include "tools/memprof/results.h"
#include "tools/memprof/stay.h"
#include "tools/memprof/uprobes/look.h"
#include "tools/memprof/verbs.h"

namespace tidemark::memprof {
namespace {

namespace fs = std::filesystem;

pid_t pid_of(const cli::Args& args) {
  const std::string& text = args.operands().at(0);
  const auto pid = static_cast<pid_t>(cli::count_of(text, "PID", {.low = 1, .high = 1 << 22}));
  if (!process_status(pid)) throw Error(fmt::format("there is no process {}", pid));
  return pid;
}

std::optional<Rung> rung_of(const cli::Args& args) {
  const std::string& name = args.value("--rung");
  return name == "auto" ? std::nullopt : rung_named(name);
}

StayOrder order_from(const cli::Args& args) {
  constexpr double kMillionths = 10'000;
  constexpr std::int64_t kLeastFile = std::int64_t{1} << 20;
  StayOrder order{.pid = pid_of(args),
                  .tree = args.given("--tree"),
                  .rung = rung_of(args),
                  .library = heap_agent_library()};
  if (args.given("--for")) order.run_for = cli::duration_of(args.value("--for"), "--for");
  if (args.given("--snapshot-every")) {
    order.snapshot_every = cli::duration_of(args.value("--snapshot-every"), "--snapshot-every");
  }
  const double overhead = cli::percent_of(args.value("--max-overhead"), "--max-overhead");
  order.heap.max_overhead_ppm = static_cast<std::uint32_t>(overhead * kMillionths);
  const std::int64_t mean = cli::bytes_of(args.value("--mean"), "--mean");
  const std::int64_t file = cli::bytes_of(args.value("--heap-file"), "--heap-file");
  if (mean < 1) throw UsageError("--mean: expected at least 1 byte, found 0");
  if (file < kLeastFile) throw UsageError("--heap-file: expected at least 1MiB");
  order.heap.mean_bytes = static_cast<std::uint64_t>(mean);
  order.heap.file_bytes = static_cast<std::uint64_t>(file);
  return order;
}

// The command line of a process, as it shows it.
std::vector<std::string> command_of(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/cmdline", pid));
  std::vector<std::string> words;
  for (std::string word; std::getline(file, word, '\0');) words.push_back(std::move(word));
  // What a program that shows a title has left of it.
  while (words.size() > 1 && words.back().empty()) words.pop_back();
  return words;
}

// "memprof-4711-heap-20261121-081500".
fs::path output_of(const cli::Args& args, pid_t pid) {
  if (args.given("--output")) return args.value("--output");
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  std::array<char, 32> stamp{};
  const std::size_t length = std::strftime(stamp.data(), stamp.size(), "%Y%m%d-%H%M%S", &local);
  return fmt::format("memprof-{}-heap-{}", pid, std::string_view(stamp.data(), length));
}

Run new_run(const cli::Args& args, const StayOrder& order) {
  return {.tool = "memprof",
          .tool_version = TIDEMARK_VERSION,
          .command = args.command_line(),
          .target = command_of(order.pid),
          .target_build_id = build_id_of(fmt::format("/proc/{}/exe", order.pid)),
          .backend = "heap",
          .notes = {fmt::format("attached to process {}", order.pid)}};
}

// Where the files are that the process has mapped, when it sees others than we do by their names;
// empty: here. Taken before it may end.
fs::path root_of(pid_t pid) {
  std::error_code failed;
  const fs::path theirs = fs::read_symlink(fmt::format("/proc/{}/ns/mnt", pid), failed);
  if (failed || theirs == fs::read_symlink("/proc/self/ns/mnt", failed)) return {};
  return fmt::format("/proc/{}/root", pid);
}

// Growth, and nothing else: there is no document to write about it.
int conclude_growth(RunDirectory& directory) {
  for (const std::string& note : directory.run().notes) {
    write_file("-", printable(note) + "\n");
  }
  directory.end();
  std::fputs(fmt::format("memprof: {}\n"
                         "  hint: leakwatch watch decides whether a process grows\n",
                         directory.path().string())
                 .c_str(),
             stderr);
  return cli::kUndecided;
}

// What was asked for of a look by probes, which is short and at one process.
LookOrder look_order(const cli::Args& args, const StayOrder& order) {
  constexpr std::chrono::seconds kUsual{5};
  constexpr std::chrono::seconds kLongest{60};
  if (order.tree || args.given("--snapshot-every")) {
    throw UsageError("--rung uprobes excludes --tree and --snapshot-every",
                     "it is a short look at one process");
  }
  const std::chrono::milliseconds asked = order.run_for.value_or(kUsual);
  if (asked > kLongest || asked.count() < 1) {
    throw UsageError("--rung uprobes: --for is at most 60s",
                     "each call costs more while probes are in: nothing to stay on with");
  }
  return {.pid = order.pid,
          .asked = asked,
          .max_overhead = cli::percent_of(args.value("--max-overhead"), "--max-overhead") / 100,
          .library = order.library,
          .root = root_of(order.pid)};
}

// Climbs, waits and leaves; the rung where it stood.
Rung stay_with(const StayOrder& order, RunDirectory& directory) {
  Stay stay(order, directory);
  stay.climb();
  stay.wait();
  stay.leave();
  return stay.rung();
}

}  // namespace

int attach_verb(const cli::Args& args) {
  const StayOrder order = order_from(args);
  if (args.given("--plan")) {
    const std::vector<RungState> ladder = plan_ladder(order.pid, order.library);
    write_file("-", ladder_text(ladder, order.rung.value_or(best_of(ladder))));
    return cli::kOk;
  }
  if (args.given("--detach")) {
    dismiss_agent(order.pid, order.library);
    std::fputs(fmt::format("memprof: the agent in process {} has stopped\n", order.pid).c_str(),
               stderr);
    return cli::kOk;
  }
  std::optional<LookOrder> look;
  if (order.rung == Rung::kUprobes) look = look_order(args, order);
  const Judging judging{.suppressions = args.value("--suppressions"),
                        .baseline = args.value("--baseline"),
                        .root = root_of(order.pid)};
  if (!judging.baseline.empty()) read_document(judging.baseline, {});
  RunDirectory directory =
      RunDirectory::create(output_of(args, order.pid), new_run(args, order),
                           args.given("--replace") ? FormerRun::kReplace : FormerRun::kKeep);
  Rung rung = Rung::kProc;
  try {
    if (look) {
      look_by_probes(*look, directory);
      rung = Rung::kUprobes;
    } else {
      rung = stay_with(order, directory);
    }
  } catch (const Error& error) {
    directory.run().end = {.kind = EndKind::kNotStarted, .why = error.what()};
    directory.end();
    throw;
  }
  if (rung == Rung::kProc) return conclude_growth(directory);
  const Document document = finish_run(directory, judging, "");
  print_run(directory, document, args.given("--all-frames"));
  return exit_code_of(document.verdict);
}

}  // namespace tidemark::memprof
