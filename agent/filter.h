#pragma once

// Whether an address can be that of a sampled block. First by its page: a counter for each of
// 65,536 pages, those that lie together in one line of the cache, so that asking for one block
// after the other finds it there. In a hundred pages one has a sampled block; there, a counter
// for a hash of the address is asked. A counter that reached its largest value stays there.

#include <cstddef>
#include <cstdint>

#include "agent/atomics.h"

namespace tidemark::agent {

struct alignas(4096) AddressFilter {
  std::uint8_t pages[1 << 20];
  std::uint8_t blocks[1 << 16];

  static std::size_t page(std::uint64_t address) {
    return static_cast<std::uint32_t>(address) >> 12;
  }
  static std::size_t hash(std::uint64_t address) {
    return ((address >> 4) * 0x9e3779b97f4a7c15) >> 48;
  }

  [[gnu::always_inline]] bool may_hold(std::uint64_t address) const {
    return load(pages[page(address)]) != 0 && load(blocks[hash(address)]) != 0;
  }

  void insert(std::uint64_t address) {
    change(blocks[hash(address)], 1);
    change(pages[page(address)], 1);
  }
  void remove(std::uint64_t address) {
    change(pages[page(address)], -1);
    change(blocks[hash(address)], -1);
  }

 private:
  static void change(std::uint8_t& count, int by) {
    std::uint8_t old = load(count);
    while (old != 255 &&
           !__atomic_compare_exchange_n(&count, &old, static_cast<std::uint8_t>(old + by), true,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
  }
};

}  // namespace tidemark::agent
