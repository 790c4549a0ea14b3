#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tidemark::soak {

// What is known of the whole process tree at one moment: the series of pid 0.
// A process's own series have the same names, and its pid.
enum class Column : std::uint8_t {
  kLife,
  kRss,
  kAnon,
  kSwap,
  kFile,
  kShared,
  kPageTables,
  kProcesses,
  kThreads,
  kFds,
  kMinorFaults,
  kMajorFaults,
  kCpu,
  kPss,
  kUss,
  kHeap,
  kStacks,
  kMaps,
  kSmapsCost,
  kSmapsLoss,
  kCgroupCurrent,
  kCgroupAnon,
  kCgroupFile,
  kCgroupKernel,
  kCgroupSwap,
  kCgroupHigh,
  kCgroupMax,
  kOomKills,
  kCgroupPressure,
  kRequests,
  kOwnRss,
  kOwnCpu,
};

struct ColumnName {
  Column column;
  std::string_view name;  // of the series
  std::string_view unit;  // "bytes", "count", "ms", "us", "ppm"
  std::string_view summary;
};

inline constexpr std::size_t kColumns = 32;

// In the order of Column.
inline constexpr std::array<ColumnName, kColumns> kColumnNames = {{
    {Column::kLife, "life", "count", "which life of the target it is, from 1"},
    {Column::kRss, "rss", "bytes", "resident memory; shared pages count in each process"},
    {Column::kAnon, "anon", "bytes", "of that, anonymous: heap, stacks, private mappings"},
    {Column::kSwap, "swap", "bytes", "swapped out"},
    {Column::kFile, "file", "bytes", "resident pages of files: code, data, mapped files"},
    {Column::kShared, "shared", "bytes", "resident shared memory: shm, tmpfs"},
    {Column::kPageTables, "page_tables", "bytes", "the kernel's page tables"},
    {Column::kProcesses, "processes", "count", "that live"},
    {Column::kThreads, "threads", "count", "of all of them"},
    {Column::kFds, "fds", "count", "open files"},
    {Column::kMinorFaults, "minor_faults", "count", "since the start, without a read from disk"},
    {Column::kMajorFaults, "major_faults", "count", "since the start, with one"},
    {Column::kCpu, "cpu", "ms", "used since the start, by user and kernel"},
    {Column::kPss, "pss", "bytes", "resident, shared pages divided among their users (smaps)"},
    {Column::kUss, "uss", "bytes", "resident and of one process alone (smaps)"},
    {Column::kHeap, "heap", "bytes", "resident in [heap], what brk() gave (smaps)"},
    {Column::kStacks, "stacks", "bytes", "resident in the stacks of main threads (smaps)"},
    {Column::kMaps, "anon_maps", "bytes",
     "resident in other private anonymous mappings: arenas, large blocks, threads' stacks (smaps)"},
    {Column::kSmapsCost, "smaps_cost", "us", "time that reading smaps took us since the last row"},
    {Column::kSmapsLoss, "smaps_loss", "ppm",
     "share of its time that smaps may have stalled the process that it stalled most"},
    {Column::kCgroupCurrent, "cgroup_current", "bytes", "memory.current"},
    {Column::kCgroupAnon, "cgroup_anon", "bytes", "anon of memory.stat"},
    {Column::kCgroupFile, "cgroup_file", "bytes", "file of memory.stat: page cache"},
    {Column::kCgroupKernel, "cgroup_kernel", "bytes", "kernel of memory.stat"},
    {Column::kCgroupSwap, "cgroup_swap", "bytes", "memory.swap.current"},
    {Column::kCgroupHigh, "cgroup_high", "count", "high of memory.events"},
    {Column::kCgroupMax, "cgroup_max", "count", "max of memory.events"},
    {Column::kOomKills, "oom_kills", "count", "oom_kill of memory.events"},
    {Column::kCgroupPressure, "cgroup_pressure", "us", "some total of memory.pressure"},
    {Column::kRequests, "requests", "count", "that the service answered, or the load driver sent"},
    {Column::kOwnRss, "own_rss", "bytes", "resident memory of leakwatch itself"},
    {Column::kOwnCpu, "own_cpu", "us", "CPU time that leakwatch used so far"},
}};

// The series of a metric is its name behind this.
inline constexpr std::string_view kMetricPrefix = "metric:";

// The column of that name; nothing when there is none.
std::optional<Column> column_named(std::string_view name);

constexpr const ColumnName& name_of(Column column) {
  return kColumnNames[static_cast<std::size_t>(column)];
}

// One number for each column that is known.
class Values {
 public:
  void set(Column column, std::int64_t value) {
    values_[static_cast<std::size_t>(column)] = value;
    known_.set(static_cast<std::size_t>(column));
  }
  void forget(Column column) { known_.reset(static_cast<std::size_t>(column)); }
  bool knows(Column column) const { return known_[static_cast<std::size_t>(column)]; }
  std::optional<std::int64_t> get(Column column) const {
    if (!knows(column)) return std::nullopt;
    return values_[static_cast<std::size_t>(column)];
  }

 private:
  std::array<std::int64_t, kColumns> values_{};
  std::bitset<kColumns> known_;
};

}  // namespace tidemark::soak
