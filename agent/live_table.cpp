#include "agent/live_table.h"

#include <bit>

#include "agent/atomics.h"

namespace tidemark::agent {
namespace {

using heap_file::kFreeKey;
using heap_file::kKeyBeingWritten;
using heap_file::Live;

constexpr std::uint64_t kSlots = LiveTable::kSlotsPerBucket;

// The two buckets of an address, from the two halves of its hash.
struct Buckets {
  std::uint64_t first_slot[2];
};

Buckets buckets_of(std::uint64_t address, std::uint64_t buckets) {
  std::uint64_t hash = address * 0x9e3779b97f4a7c15;
  hash ^= hash >> 32;
  hash *= 0xd6e8feb86659fd93;
  return {{((hash >> 16) & (buckets - 1)) * kSlots, ((hash >> 40) & (buckets - 1)) * kSlots}};
}

std::uint64_t free_slots(const std::uint64_t* keys) {
  std::uint64_t free = 0;
  for (std::uint64_t slot = 0; slot < kSlots; ++slot) free += load(keys[slot]) == kFreeKey;
  return free;
}

void write(Live& entry, const Live& block) {
  store(entry.check, ~block.check);  // until the rest is there
  store(entry.size, block.size);
  store(entry.born_ns, block.born_ns);
  store(entry.mean, block.mean);
  store(entry.site, block.site);
  store(entry.tid, block.tid);
  store(entry.check, block.check);
}

}  // namespace

bool LiveTable::insert(std::uint64_t address, Live block) {
  if (keys == nullptr) return false;
  block.check = check_of(address, block, std::bit_cast<std::uint32_t>(block.mean));
  const Buckets at = buckets_of(address, buckets);
  const std::uint64_t emptier =
      free_slots(keys + at.first_slot[1]) > free_slots(keys + at.first_slot[0]) ? 1 : 0;
  for (const std::uint64_t which : {emptier, 1 - emptier}) {
    for (std::uint64_t slot = at.first_slot[which]; slot < at.first_slot[which] + kSlots; ++slot) {
      if (load(keys[slot]) != kFreeKey || !exchange_if(keys[slot], kFreeKey, kKeyBeingWritten))
        continue;
      write(entries[slot], block);
      __atomic_store_n(&keys[slot], address, __ATOMIC_RELEASE);
      return true;
    }
  }
  return false;
}

bool LiveTable::remove(std::uint64_t address, Live& block) {
  if (keys == nullptr) return false;
  const Buckets at = buckets_of(address, buckets);
  for (const std::uint64_t first : at.first_slot) {
    for (std::uint64_t slot = first; slot < first + kSlots; ++slot) {
      if (__atomic_load_n(&keys[slot], __ATOMIC_ACQUIRE) != address) continue;
      block = entries[slot];
      if (exchange_if(keys[slot], address, kFreeKey)) return true;
    }
  }
  return false;
}

}  // namespace tidemark::agent
