#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "lib/process/keeper.h"
#include "lib/process/proc.h"

namespace tidemark {

// Sends `signal` to the process that `status` describes, never to another that
// got its pid since. False when it lives and we may not.
bool send_signal(const ProcessStatus& status, int signal);

// Kills all descendants of the calling process, however fast they fork.
//
//   do { massacre.attempt(); reap } while (children are left)
class Massacre {
 public:
  // Stops everything first, until nothing new turns up: who is stopped forks no
  // more, and keeps its place where processes are limited. Then kills.
  // REQUIRES: nobody reaps meanwhile.
  void attempt();

  // How many processes were sent a SIGKILL so far.
  std::size_t count() const { return killed_.size(); }
  bool hit(pid_t pid) const { return killed_.contains(pid); }

  // The first that may not be killed; empty: none.
  const std::string& refused() const { return refused_; }

 private:
  bool stop_children();
  bool stop_descendants();
  void kill(pid_t pid, const std::optional<ProcessStatus>& known);

  // The stopped, of this attempt. Those without a status are our children: we
  // have not reaped them, so their pids stay theirs.
  std::map<pid_t, std::optional<ProcessStatus>> stopped_;
  std::set<pid_t> killed_;
  std::string refused_;
};

// The keeper's work: watches a tree below the calling process, a subreaper,
// obeys the orders that come over `channel`, and ends all when it closes.
class Watch {
 public:
  Watch(int channel, int signals, pid_t root)
      : channel_(channel), signals_(signals), stands_(root) {}

  // Until nothing is left.
  void run();

 private:
  using Clock = std::chrono::steady_clock;
  void wait();
  void obey();
  void follow(const Order& order);
  void lose_owner();
  void reap();
  void report_end(int status);
  void ask_orphans();
  void ask(const ProcessStatus& status);
  void kill_all();
  void report(const Report& report) const;

  int channel_;  // -1: the owner is gone
  int signals_;
  pid_t stands_;           // the root or its heir; 0: it ended
  std::set<int> sent_;     // signals that we were told to send
  std::set<pid_t> asked_;  // who was asked to stop
  std::optional<Order> stop_;
  Clock::time_point deadline_;  // when stopping: the end of the grace
  Massacre massacre_;
  bool nothing_left_ = false;
  bool said_stuck_ = false;
};

}  // namespace tidemark
