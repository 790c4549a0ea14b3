#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lib/process/tree.h"

namespace tidemark::memprof {

// The effective user of a process; nothing when there is no such process.
std::optional<uid_t> user_of(pid_t pid);

// The valgrind processes that listen behind `prefix` and live.
std::vector<pid_t> valgrind_processes(const std::filesystem::path& prefix);

// A monitor command for one of them.
struct VgdbQuestion {
  pid_t pid = 0;
  std::vector<std::string> command;  // "leak_check", "full", ...
  std::filesystem::path answer;      // where what it prints goes
};

// Whether a directory with pipes was made by us, for one run.
enum class PipesOf : std::uint8_t { kOurRun, kSomeoneElse };

// Asks live valgrind processes, one after the other, without waiting.
//
//   round.start(questions);  while (!round.poll()) { something else }
//
// What has to be known of vgdb and valgrind 3.19:
//  - The process refuses, without a word and for ever, a vgdb that it may not
//    signal; so vgdb runs with the real user id of the process.
//  - A process that gave up root opens its pipes, which root made, as whom it is
//    now, and dies when it cannot; so we hand them over first.
//  - A vgdb that is killed may leave the process stopped; so we continue it.
class VgdbRound {
 public:
  VgdbRound(std::filesystem::path prefix, PipesOf pipes)
      : prefix_(std::move(prefix)), pipes_(pipes) {}

  void start(std::vector<VgdbQuestion> questions);

  // Moves on; true when nothing is left to ask.
  bool poll();

  // What went wrong since the last call, one line each.
  std::vector<std::string> problems();

 private:
  using Clock = std::chrono::steady_clock;
  void ask_next();
  void give_up(const std::string& why);

  std::filesystem::path prefix_;
  PipesOf pipes_;
  std::deque<VgdbQuestion> questions_;
  std::optional<VgdbQuestion> asked_;
  std::optional<Tree> vgdb_;
  Clock::time_point limit_;
  std::vector<std::string> problems_;
};

}  // namespace tidemark::memprof
