#include "agent/throttle.h"

namespace tidemark::agent {

void Throttle::compare(std::uint64_t agent_ns, std::uint64_t cpu_ns,
                       std::uint32_t max_overhead_ppm) {
  double share = static_cast<double>(agent_ns) * 1e6 / static_cast<double>(cpu_ns);
  const auto most = static_cast<double>(max_overhead_ppm);
  if (doublings > 0 && (max_overhead_ppm == 0 || share < most / 4)) --doublings;
  for (; max_overhead_ppm != 0 && share > most && doublings < kMost; share /= 2) ++doublings;
}

}  // namespace tidemark::agent
