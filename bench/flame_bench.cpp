// The promises about flame graphs of large profiles, in CPU time, which a busy
// machine stretches less than the clock's:
//
//   an SVG of 1,000,000 distinct stacks   4 times as fast as inferno-flamegraph, with
//                                         at most half its 590 MB; in any order
//   the difference of two such files      4 times as fast as inferno-diff-folded
//   folding such a file again             within 20 times `wc -l` of it
//   top of a heap profile of 120 MB       100 times google-pprof, 20 times Go's pprof
//
// inferno is not in Debian. Measured beside `wc -l` (7 GB/s) on 256 MB, it took 45
// times as long for sorted stacks, 76 times for shuffled ones, and 43 times as long as
// `wc -l` of both for a difference: a quarter of that is what the floor allows.
//
// The peers take many minutes for the symbols of a heap profile, which come from
// addr2line. Each is stopped when it has missed its target by a quarter: its row says
// "stopped", with a ratio that is at least what stands there.
//   flame_bench [--quick]    --quick: without the heap profile
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "bench/command_cost.h"
#include "bench/contest.h"
#include "bench/folded_input.h"
#include "bench/heap_input.h"
#include "lib/base/error.h"
#include "lib/base/file.h"

namespace tidemark {
namespace {

using bench::Command;
using bench::Cost;

// Writes a large text in a process of its own: a child's peak counts what its parent
// held when it started.
void write_apart(const std::filesystem::path& path, const std::function<std::string()>& text) {
  const pid_t pid = ::fork();
  if (pid < 0) throw errno_error("fork");
  if (pid == 0) {
    int code = 0;
    try {
      write_file(path, text());
    } catch (const std::exception& error) {
      fmt::print(stderr, "flame_bench: {}\n", error.what());
      code = 1;
    }
    ::_exit(code);
  }
  int status = 0;
  if (::waitpid(pid, &status, 0) != pid || status != 0) throw Error(path.string() + ": not made");
}

struct Job {
  std::string name;
  Command ours;
  Command peer;
  double least = 0;           // of the peer's time by ours
  double most_mb = 1e9;       // of our peak
  int rounds = 5;             // of ours
  bool peer_is_slow = false;  // one round of it is enough, and it need not end
};

// The best CPU time of some rounds, the largest peak.
void improve(Cost& best, const Cost& one) {
  best.cpu_s = best.cpu_s == 0 ? one.cpu_s : std::min(best.cpu_s, one.cpu_s);
  best.peak_mb = std::max(best.peak_mb, one.peak_mb);
}

// When a slow peer may be stopped: it has missed what it had to miss by a quarter.
double patience(const Job& job, const Cost& ours) { return 1.25 * job.least * ours.cpu_s; }

void print(const Job& job, const Cost& ours, const Cost& peer, bool met) {
  const char* const at_least = peer.stopped ? ">= " : "";
  fmt::print("{:<34} {:>14} {:>30} {:>9} {:>9}  {}\n", job.name,
             fmt::format("{:.2f} s {:.0f} MB", ours.cpu_s, ours.peak_mb),
             fmt::format("{} {:.3f} s{}", job.peer[0], peer.cpu_s, peer.stopped ? ", stopped" : ""),
             fmt::format("{}{:.3g}x", at_least, peer.cpu_s / ours.cpu_s),
             fmt::format("{:.3g}x", job.least), met ? "yes" : "no");
  std::fflush(stdout);
}

// Both in turn; whether the targets were met.
bool run(const Job& job) {
  Cost ours;
  Cost peer;
  for (int round = 0; round < job.rounds; ++round) {
    improve(ours, bench::cost_of(job.ours));
    if (!job.peer_is_slow) improve(peer, bench::cost_of(job.peer));
  }
  if (job.peer_is_slow) peer = bench::cost_of(job.peer, patience(job, ours));
  const bool met = peer.cpu_s / ours.cpu_s >= job.least && ours.peak_mb <= job.most_mb;
  print(job, ours, peer, met);
  return met;
}

std::vector<Job> folded_jobs(const std::filesystem::path& directory) {
  const std::string tool = TIDEMARK_BUILD "/tools/flamegraph/flamegraph";
  const std::string one = directory / "1.folded";
  const std::string two = directory / "2.folded";
  const std::string shuffled = directory / "shuffled.folded";
  write_apart(one, [] { return bench::folded_stacks({}); });
  write_apart(two, [] { return bench::folded_stacks({.seed = 2}); });
  write_apart(shuffled, [] { return bench::folded_stacks({.sorted = false}); });
  const auto ours = [&](const Command& words) {
    Command command{tool};
    command.insert(command.end(), words.begin(), words.end());
    command.insert(command.end(), {"-o", "/dev/null"});
    return command;
  };
  constexpr double kHalfOfInferno = 295;
  return {{.name = "svg, 1 M stacks, sorted",
           .ours = ours({"svg", one}),
           .peer = {"wc", "-l", one},
           .least = 4 / 45.0,
           .most_mb = kHalfOfInferno},
          {.name = "svg, 1 M stacks, shuffled",
           .ours = ours({"svg", shuffled}),
           .peer = {"wc", "-l", shuffled},
           .least = 4 / 76.0,
           .most_mb = kHalfOfInferno},
          {.name = "diff, two of 1 M stacks",
           .ours = ours({"diff", "--to", "folded", one, two}),
           .peer = {"wc", "-l", one, two},
           .least = 4 / 43.0},
          {.name = "fold, 1 M stacks, sorted",
           .ours = ours({"fold", one}),
           .peer = {"wc", "-l", one},
           .least = 1 / 20.0}};
}

std::vector<Job> heap_jobs(const std::filesystem::path& directory) {
  constexpr std::size_t kSize = 120'000'000;
  const std::string tool = TIDEMARK_BUILD "/tools/flamegraph/flamegraph";
  const std::string heap = directory / "large.heap";
  write_apart(heap, [&] { return bench::heap_profile({.size = kSize, .program = tool}); });
  const Command ours{tool, "top", heap, "-o", "/dev/null"};
  return {{.name = "top, gperf-heap of 120 MB",
           .ours = ours,
           .peer = {"google-pprof", "--text", tool, heap},
           .least = 100,
           .rounds = 3,
           .peer_is_slow = true},
          {.name = "top, gperf-heap of 120 MB",
           .ours = ours,
           .peer = {"go", "tool", "pprof", "-top", tool, heap},
           .least = 20,
           .rounds = 3,
           .peer_is_slow = true}};
}

int main_of_bench(bool quick) {
  const std::filesystem::path directory =
      std::filesystem::temp_directory_path() / fmt::format("tidemark-flame-bench.{}", ::getpid());
  std::filesystem::create_directory(directory);
  bool met = true;
  try {
    fmt::print("{:<34} {:>14} {:>30} {:>9} {:>9}  met\n", "job", "ours", "peer", "ratio", "target");
    for (const Job& job : folded_jobs(directory)) met = run(job) && met;
    if (!quick) {
      for (const Job& job : heap_jobs(directory)) met = run(job) && met;
    }
  } catch (const Error&) {
    std::filesystem::remove_all(directory);
    throw;
  }
  std::filesystem::remove_all(directory);
  return met ? 0 : 1;
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  const bool quick = argc > 1 && std::strcmp(argv[1], "--quick") == 0;
  return quick
             ? tidemark::bench::guarded("flame_bench", [] { return tidemark::main_of_bench(true); })
             : tidemark::bench::guarded("flame_bench",
                                        [] { return tidemark::main_of_bench(false); });
}
