#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <future>
#include <map>
#include <string>
#include <vector>

#include "lib/inject/ladder.h"

namespace tidemark::leakwatch {

// Where we stand with each process of a target that we did not start (lib/inject/ladder.h).
//
//   HeapStands stands(order);  loop { stands.join(pids); stands.files(pid)...; }
//   stands.release();
//
// An agent that we put in is taken out by release() or the destructor, and by release() from
// processes that were forked since; one that was there before goes on.
class HeapStands {
 public:
  // `order`: what an agent that we put in is to do.
  explicit HeapStands(const HeapOrder& order);

  // Climbs with those that are new, and leaves those that are gone.
  void join(const std::vector<pid_t>& pids);

  // Begins to ask a process for a dump, where its allocator writes one; and whether it is
  // still at it.
  void ask(pid_t pid);
  bool is_asking(pid_t pid) const;

  // The heap profile of a process as it is now: to be copied at once. Empty: it has none yet.
  std::filesystem::path file(pid_t pid) const;

  // Takes out the agents that we put in.
  void release();

  // What was done, and where we stand; one line each. And whether any process can tell its
  // sites.
  std::vector<std::string> news();
  bool any() const;

 private:
  struct Joined {
    std::uint64_t start_ticks = 0;
    pid_t parent = 0;
    Rung rung = Rung::kProc;
    int attempts = 0;
    std::uint64_t joined_ticks = 0;  // since boot; when our agent was in it
    bool inherited = false;          // our agent, from its parent
    bool is_known = false;           // where we stand with it
    std::unique_ptr<Stand> stand;    // null: kProc, or what its parent's agent keeps
    std::future<std::string> asked;
  };

  void climb(pid_t pid, Joined& joined);
  bool inherits(const Joined& joined) const;
  void take_out(pid_t pid, Joined& joined);
  void say(pid_t pid, const Joined& joined, const std::vector<RungState>& ladder);

  std::filesystem::path library_;
  HeapOrder order_;
  std::map<pid_t, Joined> joined_;
  std::vector<std::string> news_;
};

}  // namespace tidemark::leakwatch
