#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lib/process/line_pattern.h"
#include "tools/leakwatch/watch/members.h"
#include "tools/leakwatch/watch/proc_reader.h"

namespace tidemark::leakwatch {

// What is to be watched, as it was given.
struct TargetSpec {
  enum class Kind : std::uint8_t { kPid, kName, kCgroup, kUnit, kContainer, kCommand };
  Kind kind = Kind::kPid;
  std::string text;                  // of the option
  std::vector<std::string> command;  // of kCommand

  // For run.json: {"--pid", "4711"}, or the command.
  std::vector<std::string> words() const;
};

// A process, whatever pids are used again.
struct ProcessKey {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;

  friend bool operator==(const ProcessKey&, const ProcessKey&) = default;
};

// What tells a target again, when its watcher is another one by then.
struct Remembered {
  ProcessKey main;
  std::string command_line;  // of a target that was given by its pid
};

// Tells which processes are the target's, also after it was started again: by the
// same name, in the same cgroup, or, for one given by its pid, with the same
// command line.
class Target {
 public:
  // Throws Error when what was given by pid or as a cgroup is not there.
  Target(TargetSpec spec, ProcReader& reader);

  // The same for a soak that goes on: it may be gone, and come again.
  Target(TargetSpec spec, ProcReader& reader, Remembered before);

  // For a command that we started: the process whose children it and its orphans are.
  void set_keeper(pid_t keeper) { keeper_ = keeper; }

  // REQUIRES: the Target stays where it is.
  MemberRule rule();

  // The cgroup whose memory the target is; nothing when it shares it with others.
  std::optional<std::filesystem::path> cgroup() const;

  const std::string& command_line() const { return command_line_; }
  Remembered remembered() const { return {.main = main_, .command_line = command_line_}; }

 private:
  bool is_root(const ProcStat& stat);
  bool is_cgroup() const;
  std::vector<pid_t> listed();
  void find_cgroup();

  TargetSpec spec_;
  ProcReader& reader_;
  pid_t keeper_ = 0;
  std::optional<LinePattern> pattern_;  // kName
  ProcessKey main_;                     // kPid: the one that was given, or its successor
  std::string command_line_;            // kPid
  std::optional<std::filesystem::path> cgroup_;
};

// Counts the lives of a target: a new one begins when nothing is left of the one
// before.
class Lives {
 public:
  explicit Lives(int before = 0, ProcessKey main = {}) : count_(before), main_(main) {}

  enum class Change : std::uint8_t { kNone, kBegan, kEnded };
  Change look(const std::vector<Member>& living);

  int count() const { return count_; }
  bool alive() const { return alive_; }
  const ProcessKey& main() const { return main_; }  // the process that it stands for

 private:
  int count_ = 0;
  ProcessKey main_;
  bool alive_ = false;
};

}  // namespace tidemark::leakwatch
