#pragma once

// Whether an address can be that of a sampled block: a word for each page of 4 GiB, so that
// asking for one block after the other finds it in few lines of the cache. It counts the sampled
// blocks that begin in the page, and holds the exclusive or of their places in it: of one block,
// which is what a page in a hundred has, that is its place. A count that reached its largest
// value stays there. Pages of the table are only written to where blocks are sampled.

#include <cstddef>
#include <cstdint>

#include "agent/atomics.h"

namespace tidemark::agent {

struct alignas(4096) AddressFilter {
  std::uint16_t pages[1 << 20];

  [[gnu::always_inline]] bool may_hold(std::uint64_t address) const {
    const std::uint16_t page = load(pages[page_of(address)]);
    if (page == 0) [[likely]]
      return false;
    return page >> 8 != 1 || (page & 0xffU) == place_of(address);
  }

  void insert(std::uint64_t address) { change(address, 1); }
  void remove(std::uint64_t address) { change(address, -1); }

 private:
  static std::size_t page_of(std::uint64_t address) {
    return static_cast<std::uint32_t>(address) >> 12;
  }
  // Blocks begin at multiples of 16.
  static std::uint32_t place_of(std::uint64_t address) {
    return static_cast<std::uint32_t>(address >> 4) & 0xffU;
  }

  void change(std::uint64_t address, int by) {
    std::uint16_t& page = pages[page_of(address)];
    std::uint16_t old = load(page);
    for (;;) {
      const int count = old >> 8;
      if (count == 255) return;
      const std::uint32_t places = (old & 0xffU) ^ place_of(address);
      const auto changed = static_cast<std::uint16_t>(static_cast<std::uint32_t>(count + by) << 8 |
                                                      (count + by == 0 ? 0 : places));
      if (__atomic_compare_exchange_n(&page, &old, changed, true, __ATOMIC_RELAXED,
                                      __ATOMIC_RELAXED))
        return;
    }
  }
};

}  // namespace tidemark::agent
