#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/model/run.h"
#include "lib/process/command.h"
#include "lib/process/proc.h"

namespace tidemark {

struct TreeOptions {
  std::filesystem::path output;  // what standard output goes to; empty: /dev/null
  std::filesystem::path errors;  // the same for standard error; may be the same file
  std::uint64_t open_files = 0;  // its limit of open files, soft and hard; 0: ours
  std::vector<std::filesystem::path> cgroups = {};  // directories that it starts in
};

// How to end a process tree: ask the root with `signal`, wait for `grace`, then
// kill all of it. Processes that lose their parent meanwhile are asked too. A
// stopped one (SIGSTOP) is continued, so that it can hear us.
struct StopPlan {
  int signal = SIGTERM;
  std::chrono::milliseconds grace{10'000};
  pid_t ask = 0;                  // whom to ask instead of the root; 0: the root
  std::function<bool()> at_once;  // asked several times a second: true cuts the grace short
};

// A program that we started, with everything that it started: children,
// daemonised grandchildren, whole sessions. All of it is ours to end, and it
// does not outlive us, whatever signal ends us: tree.cpp says how.
//
// It runs in a session of its own, without a terminal, so that Ctrl-C reaches
// only us; standard input is /dev/null; it inherits no other file of ours,
// default signal actions, and our resource limits.
//
//   Tree tree = Tree::start(command, options);  ...  tree.stop(plan)
//
// The destructor kills what is left. Moves; does not copy. REQUIRES: start() is
// called before the calling process has more than one thread.
class Tree {
 public:
  // Throws Error when the program cannot be started.
  static Tree start(const Command& command, const TreeOptions& options);
  Tree(Tree&&) noexcept;
  Tree& operator=(Tree&&) noexcept;
  ~Tree();

  // The program that was started: the profiler's own process where it wraps.
  pid_t root() const;

  // Everything that lives now, the root first while it lives.
  std::vector<ProcessStatus> processes() const;

  // How the root ended, or nothing while it runs. A root that daemonised (left
  // with 0 while descendants live) counts as running as long as any of them
  // does, and the eldest of them, its heir, stands for it from then on.
  //
  // An end by a signal that we sent, and any end after we sent SIGTERM, SIGINT
  // or SIGQUIT, is kStopped.
  std::optional<End> ended();

  // Waits for that, at most `limit`.
  std::optional<End> wait(std::chrono::milliseconds limit);

  // Sends `signal` to the root (to its eldest heir when it daemonised).
  void signal(int signal);

  // Ends everything; returns once nothing is left, or says in `why` what cannot
  // be ended (a process of another user).
  End stop(const StopPlan& plan);

 private:
  friend Finished run_to_end(const Command& command, std::chrono::milliseconds limit);
  struct State;
  explicit Tree(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tidemark
