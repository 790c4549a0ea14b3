#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>

#include "lib/run/run_directory.h"

namespace tidemark::memprof {

// What `memprof attach --rung uprobes` was asked for.
struct LookOrder {
  pid_t pid = 0;
  std::chrono::milliseconds asked{0};
  double max_overhead = 0;        // share of the process's CPU time during `asked`; 0: no limit
  std::filesystem::path library;  // the agent, for the plan
  std::filesystem::path root;     // of the process's files; empty: ours
};

// A short look at the allocations of a process into which nothing may be loaded, by probes of the
// kernel on its allocator's functions; of the process's memory only the kernel's own breakpoints
// change. It watches the threads, counts the calls of the busiest one for at most 50 ms, and then
// samples for as long as the limit allows. What was seen lies in raw/, what it cost is in
// directory.run(). Throws Error with the figures when the limit allows nothing.
void look_by_probes(const LookOrder& order, RunDirectory& directory);

}  // namespace tidemark::memprof
