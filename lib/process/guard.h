#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace tidemark {

// What the host, or the cgroup that we are in where it allows less, has and
// uses. Page cache does not count as used: the kernel gives it back.
struct HostReading {
  std::int64_t memory_bytes = 0;        // all there is; 0: not known
  std::int64_t available_bytes = 0;     // what programs can still get
  std::int64_t cgroup_limit_bytes = 0;  // 0: none below memory_bytes
  std::int64_t cgroup_used_bytes = 0;
  // Per cent of the last 10 s in which something waited for a CPU; nothing on
  // kernels without /proc/pressure.
  std::optional<double> cpu_pressure;
};

// Reads /proc and /sys/fs/cgroup (versions 1 and 2), or copies of them below
// `root`.
HostReading read_host(const std::filesystem::path& root = "/");

struct GuardLimits {
  double memory = 0.85;                // the share that may be in use
  std::optional<double> cpu_pressure;  // per cent, as in HostReading; nothing: no limit
  int polls = 3;                       // so many readings in a row must be beyond it
};

// Says when a run must stop so that the host does not suffer.
class Guard {
 public:
  explicit Guard(const GuardLimits& limits) : limits_(limits) {}

  // Takes a reading; the reason to stop, for people, once a limit was passed in
  // `polls` readings in a row.
  std::optional<std::string> check(const HostReading& reading);

 private:
  std::optional<std::string> beyond(const HostReading& reading) const;
  GuardLimits limits_;
  int beyond_ = 0;  // readings in a row
};

}  // namespace tidemark
