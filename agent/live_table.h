#pragma once

// The sampled blocks that live, by address, in two sections of a heap file.
//
// Without locks: a slot is claimed by changing its key from kFreeKey to kKeyBeingWritten, and
// is there for others when the key is the address. Only the owner of a block asks for it, so
// no two threads ever ask for the same address at a time. Each address may be in eight
// buckets of eight slots, of which it goes into the emptier of the first two that have room.

#include <cstddef>
#include <cstdint>

#include "agent/heap_file.h"

namespace tidemark::agent {

struct LiveTable {
  static constexpr std::uint64_t kSlotsPerBucket = 8;

  std::uint64_t* keys = nullptr;  // null: the table is empty and stays so
  heap_file::Live* entries = nullptr;
  std::uint64_t buckets = 0;

  // Adds a block; its check is computed here. Returns false when its buckets are full.
  // REQUIRES: the address is not in the table.
  bool insert(std::uint64_t address, heap_file::Live block) const;

  // Takes the block at `address` out. Returns false when there is none.
  bool remove(std::uint64_t address, heap_file::Live& block) const;

 private:
  bool insert_into(std::uint64_t first_slot, std::uint64_t address,
                   const heap_file::Live& block) const;
};

}  // namespace tidemark::agent
