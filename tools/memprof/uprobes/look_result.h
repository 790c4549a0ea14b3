#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "lib/inject/address_space.h"
#include "tools/memprof/uprobes/allocator_functions.h"
#include "tools/memprof/uprobes/probe_events.h"

namespace tidemark::memprof {

// What a look has seen.
struct Sight {
  std::vector<std::uint64_t> calls;  // of each function of the allocator
  std::vector<ProbeSample> samples;
  std::uint64_t lost = 0;
  std::chrono::microseconds window{0};
};

// The file of what was seen (parsers/uprobe_stacks.cpp). The samples of a function stand for all of
// its calls, which are known exactly, whatever was lost; a stack's variance is that of keeping each
// call by chance. A call that another function of the allocator makes is not counted again.
// `root` is where the process's files are; empty: here.
std::string sight_text(const Sight& sight, const Allocator& allocator, const AddressSpace& space,
                       const std::filesystem::path& root);

}  // namespace tidemark::memprof
