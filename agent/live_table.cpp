#include "agent/live_table.h"

#include <bit>
#include <initializer_list>

#include "agent/atomics.h"

namespace tidemark::agent {
namespace {

using heap_file::kFreeKey;
using heap_file::kKeyBeingWritten;
using heap_file::Live;

constexpr std::uint64_t kSlots = LiveTable::kSlotsPerBucket;

// The buckets that an address may be in: two among the first 1/512 of all, two in the rest of
// the first 1/64, of the first eighth, and of all. So a table that holds little touches few
// pages of its file.
constexpr int kChoices = 8;
constexpr unsigned kShares[kChoices / 2] = {9, 6, 3, 0};

struct Buckets {
  std::uint64_t first_slot[kChoices];
};

Buckets buckets_of(std::uint64_t address, std::uint64_t buckets) {
  std::uint64_t hash = address * 0x9e3779b97f4a7c15;
  hash ^= hash >> 32;
  hash *= 0xd6e8feb86659fd93;
  Buckets at{};
  std::uint64_t start = 0;
  for (int choice = 0; choice < kChoices; choice += 2) {
    const std::uint64_t end = buckets >> kShares[choice / 2];
    at.first_slot[choice] = (start + ((hash >> 32) * (end - start) >> 32)) * kSlots;
    at.first_slot[choice + 1] = (start + ((hash & 0xffffffff) * (end - start) >> 32)) * kSlots;
    start = end;
  }
  return at;
}

std::uint64_t free_slots(const std::uint64_t* keys) {
  std::uint64_t free = 0;
  for (std::uint64_t slot = 0; slot < kSlots; ++slot)
    if (load(keys[slot]) == kFreeKey) ++free;
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

bool LiveTable::insert(std::uint64_t address, Live block) const {
  if (keys == nullptr) return false;
  block.check = check_of(address, block, std::bit_cast<std::uint32_t>(block.mean));
  const Buckets at = buckets_of(address, buckets);
  for (int choice = 0; choice < kChoices; choice += 2) {
    const std::uint64_t* pair = at.first_slot + choice;
    const int emptier = free_slots(keys + pair[1]) > free_slots(keys + pair[0]) ? 1 : 0;
    for (const std::uint64_t first : {pair[emptier], pair[1 - emptier]})
      if (insert_into(first, address, block)) return true;
  }
  return false;
}

bool LiveTable::insert_into(std::uint64_t first_slot, std::uint64_t address,
                            const Live& block) const {
  for (std::uint64_t slot = first_slot; slot < first_slot + kSlots; ++slot) {
    if (load(keys[slot]) != kFreeKey || !exchange_if(keys[slot], kFreeKey, kKeyBeingWritten))
      continue;
    write(entries[slot], block);
    __atomic_store_n(&keys[slot], address, __ATOMIC_RELEASE);
    return true;
  }
  return false;
}

bool LiveTable::remove(std::uint64_t address, Live& block) const {
  // The null pointer is the key of every free slot.
  if (keys == nullptr || address <= kKeyBeingWritten) return false;
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
