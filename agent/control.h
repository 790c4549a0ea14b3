#pragma once

// What a tool asks for in the header of the heap file, and the agent's own limit.

#include <cstdint>

#include "agent/heap_file.h"

namespace tidemark::agent {

// How much further apart samples are than wanted, so that they cost no more than they may: a
// power of two.
struct Throttle {
  static constexpr std::uint32_t kMost = 20;

  std::uint32_t doublings;

  // The agent took `agent_ns` of `cpu_ns` of the process's time since the last comparison.
  void compare(std::uint64_t agent_ns, std::uint64_t cpu_ns, std::uint32_t max_overhead_ppm);
};

// Does what the header's Control asks for; returns what the agent is to do.
heap_file::State read_control();

// Bytes between two samples, at present.
float sampling_mean();

// A sample was taken since `start_ns`.
void count_time(std::uint64_t start_ns);

}  // namespace tidemark::agent
