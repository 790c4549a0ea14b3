#include "agent/stack_memo.h"

#include "agent/atomics.h"

namespace tidemark::agent {
namespace {

constexpr unsigned kNodeBits = 24;
constexpr std::uint64_t kNodeMask = (1ULL << kNodeBits) - 1;

std::uint64_t hash_of(const std::uint64_t* places, std::uint32_t frames) {
  std::uint64_t hash = frames;
  for (std::uint32_t frame = 0; frame < frames; ++frame) {
    hash = (hash ^ places[frame]) * 0x9e3779b97f4a7c15;
    hash ^= hash >> 32;
  }
  return hash * 0xd6e8feb86659fd93;
}

}  // namespace

std::uint32_t StackMemo::stack(const StackTrie& trie, const std::uint64_t* places,
                               std::uint32_t frames, bool& cut) {
  const std::uint64_t hash = hash_of(places, frames);
  std::uint64_t& slot = words[hash >> 15 & (kSlots - 1)];
  const std::uint64_t word = load(slot);
  const auto known = static_cast<std::uint32_t>(word & kNodeMask);
  if (known != 0 && (word ^ hash) >> kNodeBits == 0 && known < trie.count &&
      load(trie.nodes[known].place) == places[0])
    return known;
  bool full = false;
  const std::uint32_t node = trie.stack(places, frames, full);
  if (full)
    cut = true;
  else if (node <= kNodeMask)
    store(slot, (hash & ~kNodeMask) | node);
  return node;
}

}  // namespace tidemark::agent
