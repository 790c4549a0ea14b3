#include "parsers/perf_data_processes.h"

#include <algorithm>
#include <utility>

#include "lib/base/hash.h"

namespace tidemark {
namespace {

constexpr std::uint16_t kInKernel = 1;       // values of kPerfCpuMode
constexpr std::uint16_t kInGuestKernel = 4;  // this one and 5 are virtual machines
constexpr std::uint32_t kNoProcess = 0xFFFFFFFF;

std::string_view without_id(std::string_view body, std::size_t id_size) {
  return body.substr(0, body.size() - std::min(id_size, body.size()));
}

}  // namespace

bool PerfProcesses::collect(const PerfRecord& record, std::uint64_t time, std::size_t id_size) {
  PerfFields fields(without_id(record.body, id_size));
  Change change{.time = time};
  switch (record.type) {
    case PerfType::kMmap:
    case PerfType::kMmap2:
      collect_mmap(record, time, id_size);
      return true;
    case PerfType::kKsymbol:
      collect_kernel_function(record, id_size);
      return true;
    case PerfType::kComm:
      change.kind =
          (record.misc & kPerfCommExec) != 0 ? Change::Kind::kExec : Change::Kind::kCommand;
      change.pid = fields.u32();
      change.tid = fields.u32();
      if (fields.ok()) change.command = intern_command(fields.text());
      break;
    case PerfType::kFork:
      change.kind = Change::Kind::kFork;
      change.pid = fields.u32();
      change.parent_pid = fields.u32();
      change.tid = fields.u32();
      change.parent_tid = fields.u32();
      // What perf itself tells of processes that it found: their mappings follow.
      if ((record.misc & kPerfForkExec) != 0) change.parent_pid = change.pid;
      break;
    default:
      return false;
  }
  if (fields.ok()) changes_.push_back(change);
  return true;
}

// pid, tid, start, length, offset, then for mmap2: device and inode, or a build
// id, protection, flags; then the path.
void PerfProcesses::collect_mmap(const PerfRecord& record, std::uint64_t time,
                                 std::size_t id_size) {
  constexpr std::size_t kInode = 24;
  constexpr std::size_t kMostOfId = 20;
  constexpr std::uint32_t kHugePages = 0x40000;
  if ((record.misc & kPerfCpuMode) >= kInGuestKernel) return;
  PerfFields fields(without_id(record.body, id_size));
  PerfMmap mmap;
  mmap.pid = fields.u32();
  fields.u32();
  mmap.start = fields.u64();
  mmap.length = fields.u64();
  mmap.offset = fields.u64();
  if (record.type == PerfType::kMmap2) {
    PerfFields inode(fields.take(kInode));
    if ((record.misc & kPerfMmapBuildId) != 0) {
      const std::size_t size = std::min<std::size_t>(inode.u32() & 0xFFU, kMostOfId);
      mmap.build_id = inode.take(size);
    }
    fields.u32();
    mmap.huge_pages = (fields.u32() & kHugePages) != 0;
  }
  mmap.path = fields.text();
  mmap.kernel = (record.misc & kPerfCpuMode) == kInKernel || mmap.pid == kNoProcess;
  if (!fields.ok() || mmap.length == 0) return;
  const PerfMapping mapping = objects_.mapping_of(mmap);
  if (mapping.end <= mapping.start) return;  // nothing is left of it at the very end of memory
  if (mmap.kernel) {
    add_to_kernel(mapping);
  } else {
    changes_.push_back({.time = time, .pid = mmap.pid, .mapping = mapping});
  }
}

void PerfProcesses::collect_kernel_function(const PerfRecord& record, std::size_t id_size) {
  constexpr std::uint16_t kUnregister = 1;
  PerfFields fields(without_id(record.body, id_size));
  PerfMapping mapping;
  mapping.start = fields.u64();
  mapping.end = mapping.start + fields.u32();
  fields.u16();
  const bool gone = (fields.u16() & kUnregister) != 0;
  if (!fields.ok() || gone || mapping.end <= mapping.start) return;
  mapping.object = objects_.kernel_function(fields.text());
  add_to_kernel(mapping);
}

void PerfProcesses::add_to_kernel(const PerfMapping& mapping) {
  if (objects_[mapping.object].path == kPerfKernel) kernel_text_ = mapping;
  kernel_ = mappings_.with(kernel_, mapping);
}

void PerfProcesses::settle(const std::map<std::string, std::string>& build_ids) {
  std::ranges::stable_sort(changes_, {}, &Change::time);
  for (const Change& change : changes_) apply(change);
  changes_ = {};
  objects_.complete(build_ids);
}

void PerfProcesses::apply(const Change& change) {
  switch (change.kind) {
    case Change::Kind::kMap:
      map(change);
      break;
    case Change::Kind::kFork:
      fork(change);
      break;
    case Change::Kind::kExec: {
      // What was mapped stays, until something else is mapped there: the kernel's
      // part of an exec is still called from the old program.
      Process& process = processes_[change.pid];
      const PerfMappings::Set before =
          process.spaces.empty() ? PerfMappings::kNone : spaces_[process.spaces.back().value];
      process.spaces.push_back({.from = change.time, .value = new_space(before)});
      process.shares = false;
      threads_[change.tid].push_back({.from = change.time, .value = change.command});
      break;
    }
    case Change::Kind::kCommand:
      threads_[change.tid].push_back({.from = change.time, .value = change.command});
      break;
  }
}

// Whether an address that `mapping` covers meant something else before.
bool PerfProcesses::changes_meaning(PerfMappings::Set set, const PerfMapping& mapping) const {
  constexpr int kMostLookedAt = 16;
  std::uint64_t address = mapping.start;
  for (int i = 0; i < kMostLookedAt; ++i) {
    const auto before = mappings_.from(set, address);
    if (!before || before->start >= mapping.end) return false;
    if (before->object != mapping.object ||
        before->offset - before->start != mapping.offset - mapping.start) {
      return true;
    }
    if (before->end >= mapping.end) return false;
    address = before->end;
  }
  return true;
}

void PerfProcesses::map(const Change& change) {
  Process& process = processes_[change.pid];
  const bool first = process.spaces.empty();
  const PerfMappings::Set before =
      first ? PerfMappings::kNone : spaces_[process.spaces.back().value];
  const PerfMappings::Set after = mappings_.with(before, change.mapping);
  if (first || process.shares || changes_meaning(before, change.mapping)) {
    process.spaces.push_back({.from = first ? 0 : change.time, .value = new_space(after)});
    process.shares = false;
  } else {
    spaces_[process.spaces.back().value] = after;
  }
}

void PerfProcesses::fork(const Change& change) {
  const auto command = threads_.find(change.parent_tid);
  if (command != threads_.end() && !command->second.empty() && change.tid != change.parent_tid) {
    const std::uint32_t inherited = command->second.back().value;
    threads_[change.tid].push_back({.from = change.time, .value = inherited});
  }
  if (change.pid == change.parent_pid) return;
  const auto parent = processes_.find(change.parent_pid);
  if (parent == processes_.end() || parent->second.spaces.empty()) return;
  const std::uint32_t space = parent->second.spaces.back().value;
  parent->second.shares = true;
  Process& child = processes_[change.pid];
  child.spaces.push_back({.from = change.time, .value = space});
  child.shares = true;
}

PerfProcesses::Moment PerfProcesses::at(std::uint32_t pid, std::uint32_t tid,
                                        std::uint64_t time) const {
  Moment moment;
  const auto look_up = [&](const History& history, std::uint32_t& value) {
    const auto after = std::ranges::upper_bound(history, time, {}, &Point::from);
    if (after != history.end()) moment.to = std::min(moment.to, after->from);
    if (after == history.begin()) return;
    value = std::prev(after)->value;
    moment.from = std::max(moment.from, std::prev(after)->from);
  };
  const auto thread = threads_.find(tid);
  if (thread != threads_.end()) look_up(thread->second, moment.command);
  const auto process = processes_.find(pid);
  if (process != processes_.end()) look_up(process->second.spaces, moment.space);
  return moment;
}

std::uint32_t PerfProcesses::intern_command(std::string_view command) {
  const std::uint32_t id = command_ids_.find_or_add(
      hash_of(command), [&](std::uint32_t i) { return commands_[i] == command; });
  if (id == commands_.size()) commands_.emplace_back(command);
  return id;
}

std::uint32_t PerfProcesses::new_space(PerfMappings::Set set) {
  spaces_.push_back(set);
  return static_cast<std::uint32_t>(spaces_.size() - 1);
}

}  // namespace tidemark
