#include "parsers/perf_data_mappings.h"

#include <cassert>

namespace tidemark {

PerfMappings::PerfMappings() : nodes_(1), random_(std::random_device{}()) {}

PerfMappings::Id PerfMappings::leaf(const PerfMapping& mapping) {
  nodes_.push_back({.mapping = mapping, .priority = static_cast<std::uint32_t>(random_())});
  return static_cast<Id>(nodes_.size() - 1);
}

PerfMappings::Id PerfMappings::copy(Id id, Id left, Id right) {
  Node node = nodes_[id];
  node.left = left;
  node.right = right;
  nodes_.push_back(node);
  return static_cast<Id>(nodes_.size() - 1);
}

PerfMappings::Halves PerfMappings::split(Id id, std::uint64_t start) {
  if (id == 0) return {};
  const Id left = nodes_[id].left;
  const Id right = nodes_[id].right;
  if (nodes_[id].mapping.start < start) {
    const Halves halves = split(right, start);
    return {.below = copy(id, left, halves.below), .above = halves.above};
  }
  const Halves halves = split(left, start);
  return {.below = halves.below, .above = copy(id, halves.above, right)};
}

PerfMappings::Id PerfMappings::join(Id below, Id above) {
  if (below == 0) return above;
  if (above == 0) return below;
  if (nodes_[below].priority > nodes_[above].priority) {
    const Id rest = join(nodes_[below].right, above);
    return copy(below, nodes_[below].left, rest);
  }
  const Id rest = join(below, nodes_[above].left);
  return copy(above, rest, nodes_[above].right);
}

PerfMappings::Id PerfMappings::last(Id id) const {
  while (id != 0 && nodes_[id].right != 0) id = nodes_[id].right;
  return id;
}

PerfMappings::Set PerfMappings::with(Set set, const PerfMapping& mapping) {
  assert(mapping.start < mapping.end);
  auto [below, from_start] = split(static_cast<Id>(set), mapping.start);
  const auto [inside, above] = split(from_start, mapping.end);
  // What ends beyond the new one: the last that starts inside of it, or, when
  // there is none, the one that it was cut out of.
  PerfMapping tail;
  const Id cut = last(below);
  if (const Id covered = inside != 0 ? last(inside) : cut; covered != 0) {
    tail = nodes_[covered].mapping;
  }
  if (cut != 0 && nodes_[cut].mapping.end > mapping.start) {
    PerfMapping head = nodes_[cut].mapping;
    below = split(below, head.start).below;
    head.end = mapping.start;
    below = join(below, leaf(head));
  }
  Id whole = join(below, leaf(mapping));
  if (tail.end > mapping.end) {
    tail.offset += mapping.end - tail.start;
    tail.start = mapping.end;
    whole = join(whole, leaf(tail));
  }
  return Set{join(whole, above)};
}

std::optional<PerfMapping> PerfMappings::at(Set set, std::uint64_t address) const {
  const std::optional<PerfMapping> found = from(set, address);
  return found && found->start <= address ? found : std::nullopt;
}

std::optional<PerfMapping> PerfMappings::from(Set set, std::uint64_t address) const {
  Id id = static_cast<Id>(set);
  Id best = 0;
  while (id != 0) {
    const bool reaches = address < nodes_[id].mapping.end;
    if (reaches) best = id;
    id = reaches ? nodes_[id].left : nodes_[id].right;
  }
  if (best == 0) return std::nullopt;
  return nodes_[best].mapping;
}

std::vector<PerfMapping> PerfMappings::all(Set set) const {
  std::vector<PerfMapping> mappings;
  std::vector<Id> waiting;
  Id id = static_cast<Id>(set);
  while (id != 0 || !waiting.empty()) {
    for (; id != 0; id = nodes_[id].left) waiting.push_back(id);
    id = waiting.back();
    waiting.pop_back();
    mappings.push_back(nodes_[id].mapping);
    id = nodes_[id].right;
  }
  return mappings;
}

}  // namespace tidemark
