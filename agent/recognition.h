#pragma once

// How free tells the few sampled blocks from all the others.
//
// Aligned: a sampled block lies at the start of a page, since it was got by memalign. Large
// blocks of glibc, which have their own mapping, lie 16 bytes behind it. So one test of the
// address sends all but 1 in 128 of the other blocks to the real free at once. Where such
// blocks cannot be had the mask is 0, and every free asks the filter of addresses.

#include <cstdint>

#include "agent/filter.h"

namespace tidemark::agent {

inline constexpr std::uint64_t kAlignedMask = 0xfef;

struct Recogniser {
  std::uint64_t mask;       // kAlignedMask, or 0
  std::uint64_t preferred;  // the same, as long as all sampled blocks are aligned
  std::uint64_t unaligned;  // sampled blocks that live and do not pass the test
  AddressFilter filter;
};
extern Recogniser recogniser;

inline std::uint64_t address_of(const void* block) {
  return reinterpret_cast<std::uint64_t>(block);
}

inline bool is_aligned_like_sampled(const void* block) {
  return (address_of(block) & kAlignedMask) == 0;
}

[[gnu::always_inline]] inline bool maybe_sampled(const void* block) {
  return (address_of(block) & recogniser.mask) == 0;
}

[[gnu::always_inline]] inline bool is_in_filter(const void* block) {
  return recogniser.filter.may_hold(address_of(block));
}

// A block is sampled from now on. Before its address is known to the program.
void start_recognising(const void* block);
void stop_recognising(const void* block);

}  // namespace tidemark::agent
