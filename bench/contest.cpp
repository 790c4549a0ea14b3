#include "bench/contest.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <limits>
#include <optional>

namespace tidemark::bench {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Nothing when the command cannot be started or fails.
std::optional<double> time_of(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  const Clock::time_point start = Clock::now();
  pid_t pid = 0;
  const int problem =
      ::posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (problem != 0) return std::nullopt;
  int status = 0;
  if (::waitpid(pid, &status, 0) != pid || status != 0) return std::nullopt;
  return seconds_since(start);
}

std::string speed(const Contest& contest, double seconds) {
  if (contest.megabytes == 0) return fmt::format("{:.3f} s", seconds);
  return fmt::format("{:.3f} s, {:.0f} MB/s", seconds, contest.megabytes / seconds);
}

}  // namespace

bool run(const std::vector<Contest>& contests, int rounds) {
  constexpr double kNever = std::numeric_limits<double>::infinity();
  bool all_met = true;
  fmt::print("{:<34} {:>22} {:>22} {:>8} {:>8}  met\n", "job", "ours", "peer", "ratio", "target");
  for (const Contest& contest : contests) {
    double ours = kNever;
    double peer = kNever;
    for (int round = 0; round < rounds; ++round) {
      const Clock::time_point start = Clock::now();
      contest.ours();
      ours = std::min(ours, seconds_since(start));
      peer = std::min(peer, time_of(contest.peer).value_or(kNever));
    }
    const bool ran = peer < kNever;
    const bool met = ran && peer / ours >= contest.target;
    all_met = all_met && met;
    fmt::print("{:<34} {:>22} {:>22} {:>8} {:>8}  {}\n", contest.job, speed(contest, ours),
               ran ? speed(contest, peer) : contest.peer[0] + " did not run",
               ran ? fmt::format("{:.1f}x", peer / ours) : "-", fmt::format("{}x", contest.target),
               met ? "yes" : "no");
    std::fflush(stdout);
  }
  return all_met;
}

int guarded(const char* name, int (*bench)()) {
  try {
    return bench();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", name, error.what());
    return 3;
  }
}

}  // namespace tidemark::bench
