#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>

#include "tools/leakwatch/watch/members.h"
#include "tools/leakwatch/watch/proc_reader.h"

namespace tidemark::leakwatch {

// Reads smaps of the members, as often as it costs next to nothing. A read walks
// the whole memory and stalls the process's mmap meanwhile: 50 ms at 8 GB of small
// pages. So each process is read again only when its last read is a small part of
// the time since, and all reads together are a small part of one core.
class SmapsBudget {
 public:
  struct Limits {
    double target = 0.0005;  // of a process's time that its reads may take
    double own = 0.0005;     // of one core, for all reads together
  };

  // `cost_us`: what reading takes now; a clock, or made up by tests.
  using Read = std::function<std::optional<ProcSmaps>(pid_t pid)>;
  using ClockUs = std::function<std::int64_t()>;
  SmapsBudget(const Limits& limits, Read read, ClockUs clock);

  // Reads those whose turn it is. `elapsed_ms`: since the watch began. Whether any
  // was read.
  bool look(std::span<const Member> members, std::int64_t elapsed_ms);

  // The sum over the members; nothing when one of them was never read.
  std::optional<ProcSmaps> sum(std::span<const Member> members) const;
  const ProcSmaps* of(const Member& member) const;
  bool fresh(const Member& member) const;  // read by the last look

  std::int64_t last_cost_us() const { return last_cost_us_; }  // of the last look
  std::int64_t total_cost_us() const { return total_cost_us_; }
  // The largest share of its time that any process was stalled for at most, since
  // it was first seen (or in its first ten seconds).
  double loss() const { return loss_; }
  std::int64_t reads() const { return reads_; }

 private:
  struct State {
    std::uint64_t start_ticks = 0;
    std::optional<ProcSmaps> last;
    std::int64_t first_ms = 0;  // seen
    std::int64_t due_ms = 0;
    std::int64_t cost_us = 0;  // of all reads
    std::int64_t looked = 0;
    std::int64_t read = -1;  // the look that read it
  };

  State& state_of(const Member& member, std::int64_t elapsed_ms);
  void read(const Member& member, State& state, std::int64_t elapsed_ms);

  Limits limits_;
  Read read_;
  ClockUs clock_;
  std::map<pid_t, State> states_;
  std::int64_t looks_ = 0;
  std::int64_t reads_ = 0;
  std::int64_t last_cost_us_ = 0;
  std::int64_t total_cost_us_ = 0;
  double loss_ = 0;
  double credit_us_ = 0;
  std::int64_t credited_ms_ = 0;
  std::size_t next_ = 0;  // whose turn comes first
};

}  // namespace tidemark::leakwatch
