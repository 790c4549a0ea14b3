#pragma once

#include <string>
#include <vector>

namespace tidemark::bench {

using Command = std::vector<std::string>;

// What a command cost, with all the processes that it started.
struct Cost {
  double cpu_s = 0;  // user and system
  double peak_mb = 0;
  bool stopped = false;  // it would have cost more
};

// Runs a command, its output thrown away; after `most_s` seconds by the clock it is
// killed with all that it started. Throws Error when it cannot be started or fails.
Cost cost_of(const Command& command, double most_s = 600);

}  // namespace tidemark::bench
