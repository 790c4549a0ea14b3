#pragma once

// Whether an address can be that of a sampled block: a counter for each of 65,536 hashes. A
// counter that reached its largest value stays there.

#include <cstddef>
#include <cstdint>

#include "agent/atomics.h"

namespace tidemark::agent {

struct AddressFilter {
  std::uint8_t counts[1 << 16];

  static std::size_t hash(std::uint64_t address) {
    return ((address >> 4) * 0x9e3779b97f4a7c15) >> 48;
  }

  bool may_hold(std::uint64_t address) const { return load(counts[hash(address)]) != 0; }

  void insert(std::uint64_t address) { change(counts[hash(address)], 1); }
  void remove(std::uint64_t address) { change(counts[hash(address)], -1); }

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
