#include "tools/leakwatch/watch/sampler.h"

#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "tools/leakwatch/watch/cgroup.h"

namespace tidemark::leakwatch {
namespace {

using soak::Column;

std::int64_t microseconds_of(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return time.tv_sec * 1'000'000 + time.tv_nsec / 1000;
}

}  // namespace

Sampler::Sampler(Target& target, ProcReader& reader, Smaps smaps)
    : target_(target), reader_(reader), members_(reader, target.rule()) {
  if (smaps == Smaps::kNever) return;
  smaps_.emplace(
      SmapsBudget::Limits{}, [this](pid_t pid) { return reader_.smaps(pid); },
      [] { return microseconds_of(CLOCK_MONOTONIC); });
}

void Sampler::look(std::int64_t elapsed_ms) {
  values_ = {};
  members_.look();
  values_.set(Column::kProcesses, static_cast<std::int64_t>(members_.living().size()));
  if (!members_.living().empty()) {
    add_memory();
    add_counters();
  }
  if (smaps_) {
    const bool read = smaps_->look(members_.living(), elapsed_ms);
    if (read) add_smaps();
  }
  if (const auto cgroup = target_.cgroup()) read_cgroup(reader_, *cgroup, values_);
  add_own();
}

void Sampler::add_memory() {
  ProcMemory sum;
  for (const Member& member : members_.living()) {
    sum.rss += member.memory.rss;
    sum.anon += member.memory.anon;
    sum.file += member.memory.file;
    sum.shared += member.memory.shared;
    sum.swap += member.memory.swap;
    sum.page_tables += member.memory.page_tables;
  }
  values_.set(Column::kRss, sum.rss);
  values_.set(Column::kAnon, sum.anon);
  values_.set(Column::kFile, sum.file);
  values_.set(Column::kShared, sum.shared);
  values_.set(Column::kSwap, sum.swap);
  values_.set(Column::kPageTables, sum.page_tables);
}

void Sampler::add_counters() {
  Members::Used used = members_.used_by_ended();
  std::int64_t threads = 0;
  std::int64_t files = 0;
  bool files_known = true;
  for (const Member& member : members_.living()) {
    threads += member.stat.threads;
    used.minor_faults += member.stat.minor_faults;
    used.major_faults += member.stat.major_faults;
    used.cpu_ms += member.stat.cpu_ms;
    files += member.files.value_or(0);
    files_known = files_known && member.files.has_value();
  }
  values_.set(Column::kThreads, threads);
  values_.set(Column::kMinorFaults, used.minor_faults);
  values_.set(Column::kMajorFaults, used.major_faults);
  values_.set(Column::kCpu, used.cpu_ms);
  if (files_known) values_.set(Column::kFds, files);
}

void Sampler::add_smaps() {
  values_.set(Column::kSmapsCost, smaps_->last_cost_us());
  values_.set(Column::kSmapsLoss, static_cast<std::int64_t>(smaps_->loss() * 1e6));
  const std::optional<ProcSmaps> sum = smaps_->sum(members_.living());
  if (!sum) return;
  values_.set(Column::kPss, sum->pss);
  values_.set(Column::kUss, sum->uss);
  values_.set(Column::kHeap, sum->heap);
  values_.set(Column::kStacks, sum->stacks);
  values_.set(Column::kMaps, sum->maps);
}

void Sampler::add_own() {
  if (const auto memory = reader_.memory(::getpid())) values_.set(Column::kOwnRss, memory->rss);
  values_.set(Column::kOwnCpu, microseconds_of(CLOCK_PROCESS_CPUTIME_ID));
}

}  // namespace tidemark::leakwatch
