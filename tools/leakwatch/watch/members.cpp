#include "tools/leakwatch/watch/members.h"

#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace tidemark::leakwatch {
namespace {

// Of the processes that are none of ours, one in so many is looked at again at
// each scan: a pid may have gone to another process between two scans.
constexpr std::size_t kLookAgain = 16;

}  // namespace

Members::Members(ProcReader& reader, MemberRule rule) : reader_(reader), rule_(std::move(rule)) {
  members_.reserve(64);
}

void Members::look() {
  ++looks_;
  ended_.clear();
  refresh();
  if (rule_.list) {
    find_listed();
  } else {
    find_new();
  }
  std::erase_if(members_, [&](const Member& member) {
    if (member.seen) return false;
    ended_.push_back(member.stat);
    used_by_ended_.minor_faults += member.stat.minor_faults;
    used_by_ended_.major_faults += member.stat.major_faults;
    used_by_ended_.cpu_ms += member.stat.cpu_ms;
    return true;
  });
  std::ranges::sort(members_, {}, [](const Member& member) {
    return std::tuple(member.stat.start_ticks, member.stat.pid);
  });
}

// Reads the members again; what ended, or is another process by now, is not seen.
void Members::refresh() {
  pids_.clear();
  for (Member& member : members_) {
    member.seen = false;
    const std::optional<ProcStat> stat = reader_.stat(member.stat.pid);
    if (!stat || stat->start_ticks != member.stat.start_ticks) continue;
    member.stat = *stat;
    if (stat->state == 'Z' || stat->state == 'X') continue;
    member.seen = true;
    ++member.looks;
    // A process that is just executing has no memory for a moment: what it had stays.
    if (const auto memory = reader_.memory(stat->pid)) member.memory = *memory;
    member.files = reader_.open_files(stat->pid);
    pids_.push_back(stat->pid);
  }
  std::ranges::sort(pids_);
}

bool Members::contains(pid_t pid) const { return std::ranges::binary_search(pids_, pid); }

void Members::add(const ProcStat& stat, bool root) {
  Member member{.stat = stat, .root = root, .seen = true, .looks = 1};
  const auto memory = reader_.memory(stat.pid);
  if (!memory) return;  // it ended meanwhile, or has none: a kernel's thread
  member.memory = *memory;
  member.files = reader_.open_files(stat.pid);
  members_.push_back(member);
  pids_.insert(std::ranges::lower_bound(pids_, stat.pid), stat.pid);
}

void Members::find_listed() {
  std::optional<std::vector<pid_t>> listed = rule_.list();
  if (!listed) return;
  std::ranges::sort(*listed);
  for (Member& member : members_) {
    // Who left the cgroup is no member any more.
    member.seen = member.seen && std::ranges::binary_search(*listed, member.stat.pid);
  }
  for (const pid_t pid : *listed) {
    if (pid == ::getpid() || contains(pid)) continue;
    const auto stat = reader_.stat(pid);
    if (stat && stat->state != 'Z') add(*stat, true);
  }
}

void Members::find_new() {
  const std::int64_t last = reader_.last_pid();
  const bool nothing_new = last >= 0 && last == last_pid_;
  last_pid_ = last;
  // A process that executes another program may become a root by its new name.
  const bool all = looks_ % kLookAgain == 1;
  if (nothing_new && !all) return;
  scan(all);
}

// Whether the process is a member, now that its parent may be one.
bool Members::consider(const Candidate& candidate) {
  const pid_t parent = candidate.stat.parent;
  const bool child = parent == rule_.never ? parent != 0 : contains(parent);
  if (!candidate.root && !child) return false;
  add(candidate.stat, candidate.root);
  return true;
}

void Members::scan(bool all) {
  undecided_.clear();
  found_.clear();
  for (const pid_t pid : reader_.processes()) found_.push_back(pid);
  std::ranges::sort(found_);
  for (const pid_t pid : found_) {
    if (pid == ::getpid() || pid == rule_.never || contains(pid)) continue;
    if (!all && std::ranges::binary_search(others_, pid)) continue;
    const auto stat = reader_.stat(pid);
    if (!stat || stat->state == 'Z') continue;
    undecided_.push_back({.stat = *stat, .root = rule_.root && rule_.root(*stat)});
  }
  // A child may have a smaller pid than its parent: until nobody is added.
  const auto decide = [&](const Candidate& candidate) { return consider(candidate); };
  while (std::erase_if(undecided_, decide) > 0) continue;
  others_.clear();
  std::ranges::set_difference(found_, pids_, std::back_inserter(others_));
}

}  // namespace tidemark::leakwatch
