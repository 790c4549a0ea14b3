#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark {

// One process as /proc shows it. Two with the same pid and start time are the
// same process.
struct ProcessStatus {
  pid_t pid = 0;
  pid_t parent = 0;
  std::uint64_t start_ticks = 0;  // since boot, in clock ticks
  std::string name;               // comm: up to 15 bytes that the program chose
  std::int64_t rss_bytes = 0;
  int threads = 0;
  char state = '?';         // R, S, D, T (stopped), t (traced), Z (zombie), ...
  std::int64_t cpu_ms = 0;  // used so far, in user and kernel mode
};

// The process `pid`, or nothing when there is none (any more).
std::optional<ProcessStatus> process_status(pid_t pid);

// The text of /proc/PID/stat as a ProcessStatus; nothing when it is not one.
std::optional<ProcessStatus> parse_stat(std::string_view text);

// Every process that we can see, in no order.
std::vector<ProcessStatus> all_processes();

// Every process below `ancestor`, itself not included, zombies included; the
// eldest first. A snapshot: one that forks or loses its parent meanwhile may be
// missed, so who must find all of them asks until nothing new turns up.
std::vector<ProcessStatus> descendants(pid_t ancestor);

// How many files `pid` has open; nothing when it is gone or we may not know.
std::optional<std::int64_t> open_files(pid_t pid);

// The file that `pid` executes; empty when we may not know.
std::filesystem::path executable(pid_t pid);

// What a process tree uses in sum.
struct TreeUsage {
  std::int64_t rss_bytes = 0;   // pages shared by several processes count in each
  std::int64_t anon_bytes = 0;  // of that, heap, stacks and the like: no file, no shared memory
  std::int64_t cpu_ms = 0;      // by those that live
  int processes = 0;
  int threads = 0;
};

// Costs two reads of a small file a process, disturbs nobody (no mmap lock).
// Zombies are left out.
TreeUsage usage(std::span<const ProcessStatus> processes);

// A file of /proc or of a cgroup, or nothing when it cannot be read. At most
// 1 MiB of it.
std::optional<std::string> read_kernel_file(const std::filesystem::path& path);

// The fields of a line of such a file, separated by blanks. They point into `line`.
std::vector<std::string_view> fields(std::string_view line);

}  // namespace tidemark
