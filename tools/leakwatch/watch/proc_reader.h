#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace tidemark::leakwatch {

// A process as /proc/PID/stat shows it. Two with the same pid and start time are
// the same process.
struct ProcStat {
  pid_t pid = 0;
  pid_t parent = 0;
  std::uint64_t start_ticks = 0;  // since boot, in clock ticks
  std::array<char, 16> name{};    // up to 15 bytes that the program chose
  char state = '?';
  std::int64_t threads = 0;
  std::int64_t minor_faults = 0;
  std::int64_t major_faults = 0;
  std::int64_t cpu_ms = 0;
  std::int64_t rss_bytes = 0;

  std::string_view name_text() const { return name.data(); }
};

// Of /proc/PID/status, in bytes.
struct ProcMemory {
  std::int64_t rss = 0;
  std::int64_t anon = 0;
  std::int64_t file = 0;
  std::int64_t shared = 0;
  std::int64_t swap = 0;
  std::int64_t page_tables = 0;
};

// Of /proc/PID/smaps, in bytes.
struct ProcSmaps {
  std::int64_t pss = 0;
  std::int64_t uss = 0;
  std::int64_t heap = 0;
  std::int64_t stacks = 0;
  std::int64_t maps = 0;  // private and anonymous, neither heap nor stack
};

// Reads the small files of /proc, again and again, without allocating: a watcher
// must not grow. What cannot be read, because the process ended or is not ours to
// look into, is nothing.
class ProcReader {
 public:
  // `root`: a copy of /proc, for tests.
  explicit ProcReader(const char* root = "/proc");
  ProcReader(const ProcReader&) = delete;
  ProcReader& operator=(const ProcReader&) = delete;
  ~ProcReader();

  std::optional<ProcStat> stat(pid_t pid);
  std::optional<ProcMemory> memory(pid_t pid);
  std::optional<std::int64_t> open_files(pid_t pid);

  // Takes the lock of the process's memory map while the kernel walks it, which
  // stalls its mmap and munmap.
  std::optional<ProcSmaps> smaps(pid_t pid);

  // The pids of all processes, in no order; valid until the next call.
  std::span<const pid_t> processes();

  // The pid that was given out last; a scan for new processes is vain while it stays.
  std::int64_t last_pid();

  // A file of at most 16 KiB; valid until the next call.
  std::string_view text(const char* path);

 private:
  std::string_view read(pid_t pid, const char* name);
  int open(pid_t pid, const char* name, int flags) const;
  std::string_view read_all(int fd);

  int root_;
  std::vector<char> buffer_;
  std::vector<pid_t> pids_;
};

// The texts of such files; nothing when they are not.
std::optional<ProcStat> parse_proc_stat(std::string_view text);
std::optional<ProcMemory> parse_proc_status(std::string_view text);

// Sums the mappings of /proc/PID/smaps, which comes in pieces.
class SmapsSum {
 public:
  void add(std::string_view line);
  const ProcSmaps& sum() const { return sum_; }
  bool any() const { return any_; }

 private:
  ProcSmaps sum_;
  std::int64_t* where_ = nullptr;  // what the current mapping's anonymous pages are
  bool any_ = false;
};

}  // namespace tidemark::leakwatch
