#include "lib/analyze/memory_account.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace tidemark {
namespace {

constexpr double kFlatShare = 0.1;                            // of the growth of RSS
constexpr std::int64_t kLeastGrowth = std::int64_t{1} << 20;  // below it nothing is said to grow

std::string mib(std::int64_t bytes) {
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1024 * 1024));
}

std::string change(std::int64_t bytes) { return (bytes < 0 ? "" : "+") + mib(bytes); }

std::int64_t bytes_of(const MemoryAccount& account, Share share) {
  const auto at = std::ranges::find(account.entries, share, &AccountEntry::share);
  return at == account.entries.end() ? 0 : at->bytes;
}

bool knows(const MemoryAccount& account, Share share) {
  return std::ranges::find(account.entries, share, &AccountEntry::share) != account.entries.end();
}

// What it is in a sentence.
std::string phrase(Share share, const MemoryAccount& account) {
  switch (share) {
    case Share::kLive:
      return "live heap";
    case Share::kKept:
      return "freed memory that " + account.allocator + " keeps";
    case Share::kGaps:
      return "gaps between live blocks: fragmentation";
    case Share::kAllocator:
      return account.allocator + "'s own tables";
    case Share::kHeap:
      return "the allocator's, live or free";
    case Share::kMapped:
      return account.allocator.empty() ? "anonymous mappings: large blocks, or mmap"
                                       : "mapped past the allocator: mmap";
    case Share::kStacks:
      return "stacks";
    case Share::kCode:
      return "code and files";
    case Share::kShared:
      return "shared memory";
    case Share::kUnexplained:
      break;
  }
  return "unexplained";
}

// What the allocator says it holds, as far as that fits into what is there: pages that
// it counts as free may have left memory.
class Splitter {
 public:
  explicit Splitter(std::int64_t resident) : left_(resident) {}

  void take(MemoryAccount& account, Share share, std::int64_t bytes) {
    if (bytes < 0) return;
    const std::int64_t fits = std::min(bytes, left_);
    account.entries.push_back({.share = share, .bytes = fits});
    left_ -= fits;
  }
  std::int64_t left() const { return left_; }

 private:
  std::int64_t left_;
};

std::int64_t resident(const MemoryReading& reading, MemoryKind kind) {
  const MemorySize& size = reading.map[kind];
  return reading.divided ? size.pss : size.rss;
}

void add_anonymous(const MemoryReading& reading, MemoryAccount& account) {
  const std::int64_t heap =
      resident(reading, MemoryKind::kHeap) + resident(reading, MemoryKind::kArenas);
  const std::int64_t mapped = resident(reading, MemoryKind::kAnonymous);
  if (!reading.allocator) {
    account.entries.push_back({.share = Share::kHeap, .bytes = heap});
    account.entries.push_back({.share = Share::kMapped, .bytes = mapped});
    return;
  }
  const AllocatorFigures& figures = *reading.allocator;
  account.allocator = figures.allocator;
  Splitter splitter(heap + mapped);
  splitter.take(account, Share::kLive, figures.live);
  splitter.take(account, Share::kGaps, figures.gaps);
  splitter.take(account, Share::kAllocator, figures.own);
  splitter.take(account, Share::kKept, figures.kept);
  // One that does not say what it keeps has it in what is left.
  const bool all_said = figures.kept >= 0;
  account.entries.push_back(
      {.share = all_said ? Share::kMapped : Share::kHeap, .bytes = splitter.left()});
}

}  // namespace

std::string_view name_of(Share share) {
  constexpr std::array<std::string_view, 10> kNames = {"live heap",
                                                       "freed, kept by the allocator",
                                                       "fragmentation within pages",
                                                       "the allocator's own tables",
                                                       "heap, live or free",
                                                       "other mappings (mmap)",
                                                       "stacks",
                                                       "code, files and data",
                                                       "shared memory",
                                                       "unexplained"};
  return kNames[static_cast<std::size_t>(share)];
}

MemoryAccount account_of(const MemoryReading& reading) {
  MemoryAccount account{.rss = reading.rss, .entries = {}, .allocator = {}};
  if (reading.divided) {
    account.rss = 0;
    for (const MemorySize& size : reading.map.kinds) account.rss += size.pss;
  }
  add_anonymous(reading, account);
  const auto add = [&](Share share, std::int64_t bytes) {
    account.entries.push_back({.share = share, .bytes = bytes});
  };
  add(Share::kStacks, resident(reading, MemoryKind::kStacks));
  std::int64_t files = 0;
  for (const MemoryKind kind :
       {MemoryKind::kCode, MemoryKind::kFiles, MemoryKind::kData, MemoryKind::kOther}) {
    files += resident(reading, kind);
  }
  add(Share::kCode, files);
  add(Share::kShared, resident(reading, MemoryKind::kShared));
  std::int64_t sum = 0;
  for (const AccountEntry& entry : account.entries) sum += entry.bytes;
  add(Share::kUnexplained, account.rss - sum);
  return account;
}

std::string sentence_of(const MemoryAccount& account) {
  const auto largest = std::ranges::max_element(account.entries, {}, &AccountEntry::bytes);
  if (largest == account.entries.end() || account.rss <= 0) return "nothing is resident";
  const double share = static_cast<double>(largest->bytes) / static_cast<double>(account.rss);
  return fmt::format("{:.0f} % of {} is {}", 100 * share, mib(account.rss),
                     phrase(largest->share, account));
}

std::string growth_sentence(const MemoryAccount& before, const MemoryAccount& after) {
  const std::int64_t grown = after.rss - before.rss;
  if (std::abs(grown) < kLeastGrowth) {
    return fmt::format("RSS is flat ({})", change(grown));
  }
  if (grown < 0) return fmt::format("RSS shrank by {}", mib(-grown));
  const auto delta = [&](const AccountEntry& entry) {
    return entry.bytes - bytes_of(before, entry.share);
  };
  const auto most = std::ranges::max_element(after.entries, {}, delta);
  const std::string where =
      fmt::format("{} of it is {}", mib(delta(*most)), phrase(most->share, after));
  if (!knows(after, Share::kLive)) return fmt::format("RSS grew by {}: {}", mib(grown), where);
  const std::int64_t live = bytes_of(after, Share::kLive) - bytes_of(before, Share::kLive);
  if (static_cast<double>(live) < kFlatShare * static_cast<double>(grown)) {
    return fmt::format("the heap is flat ({}), RSS grew by {}: {}", change(live), mib(grown),
                       where);
  }
  return fmt::format("RSS grew by {}, the live heap by {}", mib(grown), mib(live));
}

}  // namespace tidemark
