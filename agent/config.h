#pragma once

#include <cstddef>
#include <cstdint>

namespace tidemark::agent {

inline constexpr std::size_t kMaxDepth = 512;

// What the agent is asked for, in TIDEMARK_HEAP or by whoever injects it:
//
//   file=PREFIX[,size=64MiB][,mean=512KiB][,depth=64][,seed=N][,overhead=0.5%]
//       [,threads=yes][,made=yes]
struct Config {
  char file[1024] = "";  // the heap file is PREFIX.PID.tmheap
  std::uint64_t file_bytes = 64ULL << 20;
  std::uint64_t mean_bytes = 512ULL << 10;  // between two samples
  std::uint64_t seed = 0;                   // of the sampler; 0: another one each time
  std::uint32_t depth = 64;                 // frames kept of a stack
  std::uint32_t max_overhead_ppm = 5000;    // of the CPU time; 0: no limit
  bool made = false;       // PREFIX.PID.tmheap is there, with all its blocks: by an injector
  bool by_thread = false;  // the outermost frame is the thread's name
};

// Reads `text` into `config`. Returns null, or what is wrong with it; what could be read is
// in `config` all the same.
const char* parse_config(const char* text, Config& config);

}  // namespace tidemark::agent
