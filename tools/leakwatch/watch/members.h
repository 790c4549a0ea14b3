#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <vector>

#include "tools/leakwatch/watch/proc_reader.h"

namespace tidemark::leakwatch {

// What one process of the watched tree was at the last look.
struct Member {
  ProcStat stat;
  ProcMemory memory;
  std::optional<std::int64_t> files;
  bool root = false;  // chosen by the target's rule, not as somebody's child
  bool seen = false;  // by the look that goes on
  int looks = 0;      // in which it lived
};

// Which processes belong to the target, and which of them are its roots.
struct MemberRule {
  // Whether a process that just turned up is a root. Called once for each process
  // of the machine, so it may be slow.
  std::function<bool(const ProcStat&)> root;
  // The pids of all members, instead of roots and their children: a cgroup's.
  // Nothing: there is no such list.
  std::function<std::optional<std::vector<pid_t>>()> list;
  pid_t never = 0;  // whose children count, but not itself
};

// The processes of a tree as they come and go: children of members are members for
// as long as they live, also when their parents end. Two with the same pid but
// another start time are not the same.
class Members {
 public:
  Members(ProcReader& reader, MemberRule rule);

  // Looks at everything again. Costs two small files for each member; the machine's
  // other processes are looked at only when they are new, and now and then.
  void look();

  // Those that live, zombies left out, the eldest first.
  const std::vector<Member>& living() const { return members_; }

  // What those that ended had used until the last look at them.
  struct Used {
    std::int64_t minor_faults = 0;
    std::int64_t major_faults = 0;
    std::int64_t cpu_ms = 0;
  };
  const Used& used_by_ended() const { return used_by_ended_; }

  // Those that ended since the look before.
  const std::vector<ProcStat>& ended() const { return ended_; }

 private:
  void refresh();
  void find_new();
  void find_listed();
  void scan(bool all);
  struct Candidate {
    ProcStat stat;
    bool root = false;
  };
  bool consider(const Candidate& candidate);
  bool contains(pid_t pid) const;
  void add(const ProcStat& stat, bool root);

  ProcReader& reader_;
  MemberRule rule_;
  std::vector<Member> members_;
  std::vector<pid_t> pids_;  // of the members that were seen, in order
  std::vector<ProcStat> ended_;
  Used used_by_ended_;
  std::vector<pid_t> others_;  // that live and are none of ours, in order
  std::vector<pid_t> found_;
  std::vector<Candidate> undecided_;
  std::int64_t last_pid_ = -1;
  std::size_t looks_ = 0;
};

}  // namespace tidemark::leakwatch
