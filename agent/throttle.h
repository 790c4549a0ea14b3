#pragma once

#include <cstdint>

namespace tidemark::agent {

// How much further apart samples are than wanted, so that they cost no more than they may: a
// power of two.
struct Throttle {
  static constexpr std::uint32_t kMost = 20;

  std::uint32_t doublings;

  // The agent took `agent_ns` of `cpu_ns` of the process's time since the last comparison. It
  // doubles until it would have been below the limit, and halves once below a quarter of it: at
  // half it would come back.
  void compare(std::uint64_t agent_ns, std::uint64_t cpu_ns, std::uint32_t max_overhead_ppm);
};

}  // namespace tidemark::agent
