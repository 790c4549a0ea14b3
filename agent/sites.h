#pragma once

// The sums of the allocation sites in the heap file, and of the whole in its header.

#include <cstdint>

#include "agent/heap_file.h"

namespace tidemark::agent {

inline constexpr std::uint32_t kNoSite = 0xffffffff;

// The number of the site whose innermost frame is `node`; kNoSite when there is no room.
std::uint32_t site_of(std::uint32_t node);

// Adds a sampled block to its site, and to the whole. Whoever was kNoSite counts only there.
void count_allocated(const heap_file::Live& block);

// The block was freed, at `now_ns`.
void count_freed(const heap_file::Live& block, std::uint64_t now_ns);

}  // namespace tidemark::agent
