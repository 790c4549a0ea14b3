#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "lib/process/tree.h"
#include "tools/memprof/backends/backend.h"
#include "tools/memprof/vgdb.h"

namespace tidemark::memprof {

// Asks the profiler for results while the target lives, in the way that the
// backend knows: begin() once it serves, tick() often, finish() before it is
// told to stop.
class Probes {
 public:
  struct Plan {
    Probe probe = Probe::kNone;
    std::filesystem::path raw;
    std::filesystem::path vgdb;          // prefix of the pipes
    std::chrono::milliseconds every{0};  // 0: no snapshots
    std::int64_t started_ms = 0;         // since the epoch: what snapshots count from
  };
  explicit Probes(Plan plan) : plan_(std::move(plan)), round_(plan_.vgdb, PipesOf::kOurRun) {}

  void begin(const Tree& tree);
  void tick(const Tree& tree);

  // Waits for what is under way, and for the last file of a profiler that
  // writes only when asked; `limit` at most.
  void finish(const Tree& tree, std::chrono::milliseconds limit);

  std::size_t taken() const { return taken_; }

  // What went wrong since the last call, one line each.
  std::vector<std::string> problems();

 private:
  using Clock = std::chrono::steady_clock;
  void ask(const Tree& tree);
  bool written(std::size_t files) const;
  bool copy_heap_files(const Tree& tree, const std::function<std::string(pid_t)>& name);

  Plan plan_;
  VgdbRound round_;
  bool asking_ = false;
  Clock::time_point due_;
  std::size_t taken_ = 0;
  std::vector<std::string> problems_;
};

}  // namespace tidemark::memprof
