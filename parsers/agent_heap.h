#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "agent/heap_file.h"
#include "lib/base/file.h"
#include "lib/model/profile.h"
#include "lib/model/recording.h"

namespace tidemark {

// What became of one site's sampled blocks, by age. Bucket i holds the ages from the bound
// before (0 for the first) up to heap_file::kAgeBounds[i]; the last has no upper bound.
//
// A block counts where it was freed, or, while it lives, where it is now: it is censored
// there, in the words of survival analysis. After a reset blocks that are older still live here
// and were born before `samples` counts.
struct HeapSiteAges {
  using Numbers = std::array<std::int64_t, heap_file::kAges>;
  Numbers freed{};         // samples
  Numbers freed_bytes{};   // estimate
  Numbers living{};        // samples
  Numbers living_bytes{};  // estimate
};

// A sampled block that lives. Two of one process are the same when they are equal.
struct HeapBlock {
  StackId stack = kRoot;  // of HeapReading::ages
  std::uint64_t born_ns = 0;
  std::uint64_t size = 0;
  std::uint32_t tid = 0;
};

// All that a heap file holds.
struct HeapReading {
  // One process and one profile, whose value types are inuse_objects, inuse_space (shown unless
  // asked), alloc_objects, alloc_space, temporary_objects, temporary_space, peak_objects and
  // peak_space, all with variances. Temporary is what was freed within 10 ms.
  Recording recording;

  // The same stacks (equal ids) with the ages of their blocks, for ages_of(). symbolized() works
  // on it as on any Profile.
  Profile ages{{}};
  std::vector<HeapBlock> living;  // those whose site is among the stacks

  heap_file::Header header{};
};

// Reads a heap file: a live one, a copy, or what a killed program left. Ages of blocks that
// live are as of `now_ns` (CLOCK_MONOTONIC of the machine that the program runs on), or when the
// program last sampled or freed, if that is later. Throws Error as a Format does.
HeapReading read_heap(const Input& input, std::uint64_t now_ns = 0);

// What `stack` of HeapReading::ages, symbolised or not, says.
HeapSiteAges ages_of(const Profile& ages, StackId stack);

}  // namespace tidemark
