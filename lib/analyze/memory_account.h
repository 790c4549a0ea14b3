#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/analyze/allocator_figures.h"
#include "lib/analyze/memory_map.h"

namespace tidemark {

// What was read of a process, or of several together, at one moment.
struct MemoryReading {
  MemoryMap map;
  std::int64_t rss = 0;          // as /proc/PID/status has it
  std::int64_t page_tables = 0;  // not part of rss
  std::optional<AllocatorFigures> allocator;
  // Of several processes: a page that they share counts once, as their proportional shares
  // of it do together, not once in each.
  bool divided = false;
};

// What an entry of an account is.
enum class Share : std::uint8_t {
  kLive,       // the program's own blocks, as the allocator counts them
  kKept,       // freed blocks that the allocator keeps
  kGaps,       // fragmentation: unused within pages that hold something
  kAllocator,  // its tables
  kHeap,       // of the allocator, not told apart
  kMapped,     // anonymous memory that the allocator does not know: mmap
  kStacks,
  kCode,  // code, files and data of programs
  kShared,
  kUnexplained,
};

// "live heap", "freed, kept by the allocator", ...: for people.
std::string_view name_of(Share share);

struct AccountEntry {
  Share share = Share::kUnexplained;
  std::int64_t bytes = 0;  // resident
};

// Where resident memory is.
//
// Invariant: the entries add up to `rss`. What cannot be told apart is one entry; what
// nothing accounts for is kUnexplained (below 0: more is accounted for than there is,
// because the figures are of different moments).
struct MemoryAccount {
  std::int64_t rss = 0;  // or the sum of PSS, where the reading is divided
  std::vector<AccountEntry> entries;
  std::string allocator;  // whose figures there are; empty: none
};

MemoryAccount account_of(const MemoryReading& reading);

// One sentence: where most of it is, "61 % of 480.2 MiB is freed memory that jemalloc keeps".
std::string sentence_of(const MemoryAccount& account);

// One sentence about what grew from one account to a later one of the same process: "the
// heap is flat (+0.1 MiB), RSS grew by 40 MiB: 38 MiB of it is memory that jemalloc keeps".
std::string growth_sentence(const MemoryAccount& before, const MemoryAccount& after);

}  // namespace tidemark
