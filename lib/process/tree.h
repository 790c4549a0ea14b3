#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/model/run.h"
#include "lib/process/command.h"

namespace tidemark {

// One process as /proc shows it. Two with the same pid and start time are the
// same process.
struct ProcessStatus {
  pid_t pid = 0;
  pid_t parent = 0;
  std::uint64_t start_ticks = 0;  // since boot, in clock ticks
  std::string name;               // comm
  std::int64_t rss_bytes = 0;
  int threads = 0;
};

struct TreeOptions {
  std::filesystem::path output;  // what standard output goes to; empty: /dev/null
  std::filesystem::path errors;  // the same for standard error
};

// How to end a process tree: ask the root with `signal`, wait for `grace`, then
// kill all of it.
struct StopPlan {
  int signal = SIGTERM;
  std::chrono::milliseconds grace{10'000};
};

// A program that we started, with everything that it started: children,
// daemonised grandchildren, whole sessions. All of it is ours to end, and it
// does not outlive us, whatever signal ends us.
//
//   Tree tree = Tree::start(command, options);  ...  tree.stop(plan)
//
// The destructor kills what is left. Moves; does not copy. REQUIRES: start() is
// called before the calling process has more than one thread.
class Tree {
 public:
  static Tree start(const Command& command, const TreeOptions& options);
  Tree(Tree&&) noexcept;
  Tree& operator=(Tree&&) noexcept;
  ~Tree();

  // The program that was started: the profiler's own process where it wraps.
  pid_t root() const;

  // Everything that lives now, the root first while it lives.
  std::vector<ProcessStatus> processes() const;

  // How the root ended, or nothing while it runs. A root that daemonised counts
  // as running as long as any of its descendants does.
  std::optional<End> ended();

  // Waits for that, at most `limit`.
  std::optional<End> wait(std::chrono::milliseconds limit);

  // Sends `signal` to the root (to its eldest heir when it daemonised).
  void signal(int signal);

  // Ends everything; returns once nothing is left.
  End stop(const StopPlan& plan);

 private:
  struct State;
  explicit Tree(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tidemark
