#include "agent/stack_trie.h"

#include "agent/atomics.h"

namespace tidemark::agent {
namespace {

using heap_file::Node;

constexpr std::uint32_t kBeingWritten = 1;

// A call is looked for among the first 1/512 of all nodes, then in the rest of the first 1/64, of
// the first eighth, and of all: so few stacks touch few pages of the file. Nodes are never taken
// out, so the first empty one ends the search.
struct Region {
  unsigned share;
  std::uint32_t probes;
};
constexpr Region kRegions[] = {{9, 8}, {6, 16}, {3, 16}, {0, 64}};

std::uint32_t hash_of(std::uint32_t caller, std::uint64_t place) {
  std::uint64_t hash = (place ^ (std::uint64_t{caller} << 40)) * 0x9e3779b97f4a7c15;
  hash ^= hash >> 29;
  hash = (hash + caller) * 0xbf58476d1ce4e5b9;
  return static_cast<std::uint32_t>(hash >> 32);
}

// Whether `node` is this call; an empty one becomes it.
bool is_call(Node& node, std::uint32_t caller, std::uint64_t place) {
  if (load(node.caller) == 0 && exchange_if(node.caller, 0U, kBeingWritten)) {
    store(node.place, place);
    __atomic_store_n(&node.caller, caller + 2, __ATOMIC_RELEASE);
    return true;
  }
  // A node that another thread is writing this very moment may become the one that is wanted.
  // To wait for it is not allowed here, so the same call may get two nodes.
  return __atomic_load_n(&node.caller, __ATOMIC_ACQUIRE) == caller + 2 && load(node.place) == place;
}

}  // namespace

std::uint32_t StackTrie::call(std::uint32_t caller, std::uint64_t place) const {
  const std::uint64_t hash = hash_of(caller, place);
  std::uint32_t start = 1;  // behind the root
  for (const Region& region : kRegions) {
    const std::uint32_t end = count >> region.share;
    if (end <= start) continue;
    std::uint32_t number = start + static_cast<std::uint32_t>(hash * (end - start) >> 32);
    for (std::uint32_t probe = 0; probe < region.probes; ++probe) {
      if (is_call(nodes[number], caller, place)) return number;
      if (++number == end) number = start;
    }
    start = end;
  }
  return kNone;
}

std::uint32_t StackTrie::stack(const std::uint64_t* places, std::uint32_t frames, bool& cut) const {
  std::uint32_t node = 0;
  for (std::uint32_t frame = frames; frame > 0; --frame) {
    const std::uint32_t next = call(node, places[frame - 1]);
    if (next == kNone) {
      cut = true;
      return node;
    }
    node = next;
  }
  return node;
}

}  // namespace tidemark::agent
