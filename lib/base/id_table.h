#pragma once

#include <cstdint>
#include <vector>

namespace tidemark {

// Finds the number of a thing among numbered things, by hash: the index behind
// every interned list (strings, frames, stacks). It stores numbers and hashes
// only; the things live with the caller, at the index that find_or_add gives.
//
//   const auto id = table.find_or_add(hash, [&](std::uint32_t i) { return list[i] == thing; });
//   if (id == list.size()) list.push_back(thing);
//
// Open addressing with linear probing, at most 5/8 full. Copyable.
class IdTable {
 public:
  // The number of the thing with this hash for which `same(number)` holds; the
  // next free number, size(), when there is none, which is then taken. A taken
  // number stays taken: store the thing there.
  template <typename Same>
  std::uint32_t find_or_add(std::uint64_t hash, Same&& same) {
    if ((static_cast<std::size_t>(size_) + 1) * 8 > slots_.size() * 5) grow();
    const auto mark = static_cast<std::uint32_t>(hash >> 32);
    std::size_t at = place(hash);
    while (slots_[at].id != kFree) {
      if (slots_[at].mark == mark && same(slots_[at].id)) return slots_[at].id;
      at = (at + 1) & (slots_.size() - 1);
    }
    slots_[at] = {.mark = mark, .id = size_, .hash = hash};
    return size_++;
  }

  std::uint32_t size() const { return size_; }

 private:
  static constexpr std::uint32_t kFree = 0xFFFFFFFF;
  struct Slot {
    std::uint32_t mark = 0;
    std::uint32_t id = kFree;
    std::uint64_t hash = 0;
  };

  std::size_t place(std::uint64_t hash) const {
    return static_cast<std::size_t>((hash * 0x9E3779B97F4A7C15U) >> 20) & (slots_.size() - 1);
  }

  void grow() {
    std::vector<Slot> old(slots_.empty() ? 16 : slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.id == kFree) continue;
      std::size_t at = place(slot.hash);
      while (slots_[at].id != kFree) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = slot;
    }
  }

  std::vector<Slot> slots_;
  std::uint32_t size_ = 0;
};

}  // namespace tidemark
