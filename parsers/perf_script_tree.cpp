#include "parsers/perf_script_tree.h"

#include <algorithm>
#include <compare>
#include <cstddef>
#include <utility>

#include "lib/base/hash.h"
#include "lib/base/numbers.h"

namespace tidemark::perf_script {
namespace {

constexpr std::size_t kSmallest = 1 << 12;

std::uint64_t hash_of(const Frame& frame) {
  const std::uint64_t seed = static_cast<std::uint64_t>(frame.line) * 2 + (frame.inlined ? 1 : 0);
  std::uint64_t hash = tidemark::hash_of(frame.function, seed);
  if (!frame.file.empty()) hash = tidemark::hash_of(frame.file, hash);
  return frame.module.empty() ? hash : tidemark::hash_of(frame.module, hash);
}

std::size_t hash_of(std::uint32_t caller, std::uint32_t frame) {
  const std::uint64_t pair = std::uint64_t{caller} << 32U | frame;
  return (pair ^ (pair >> 29U)) * 0xBF58476D1CE4E5B9U >> 20U;
}

// "cpu-clock" and its kin count time.
std::string unit_of(std::string_view event) {
  return event.starts_with("cpu-clock") || event.starts_with("task-clock") ? "nanoseconds"
                                                                           : "count";
}

Profile empty_profile(const std::string& event) {
  Profile profile({{.name = event, .unit = unit_of(event)}, {.name = "samples", .unit = "count"}});
  profile.title = event;
  return profile;
}

}  // namespace

Tree::Tree() : slots_(kSmallest) {}

std::uint32_t Tree::intern(Frame frame) {
  const std::uint32_t id = frame_ids_.find_or_add(
      hash_of(frame), [&](std::uint32_t other) { return frames_[other] == frame; });
  if (id == frames_.size()) frames_.push_back(std::move(frame));
  return id;
}

std::uint32_t Tree::find_or_add(Node node, std::uint64_t position) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash_of(node.caller, node.frame) & mask;
  for (; slots_[at].id != kNone; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.node.caller == node.caller && slot.node.frame == node.frame) return slot.id;
  }
  const auto id = static_cast<std::uint32_t>(nodes_.size());
  slots_[at] = {.node = node, .id = id};
  nodes_.push_back(node);
  sums_.push_back({.first = position});
  if (nodes_.size() * 2 > slots_.size()) grow();
  return id;
}

void Tree::grow() {
  std::vector<Slot>(slots_.size() * 2).swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (std::uint32_t id = 0; id < nodes_.size(); ++id) {
    std::size_t at = hash_of(nodes_[id].caller, nodes_[id].frame) & mask;
    while (slots_[at].id != kNone) at = (at + 1) & mask;
    slots_[at] = {.node = nodes_[id], .id = id};
  }
}

std::uint32_t Tree::event(std::string_view name, std::uint64_t position) {
  const auto found = std::ranges::find(events_, name);
  const auto index = static_cast<std::uint32_t>(found - events_.begin());
  if (found == events_.end()) events_.emplace_back(name);
  return find_or_add({.caller = kNone, .frame = index}, position);
}

std::uint32_t Tree::push(std::uint32_t caller, std::uint32_t frame, std::uint64_t position) {
  return find_or_add({.caller = caller, .frame = frame}, position);
}

void Tree::prefetch(std::uint32_t caller, std::uint32_t frame) const {
  __builtin_prefetch(&slots_[hash_of(caller, frame) & (slots_.size() - 1)]);
}

void Tree::prefetch_sums(std::uint32_t caller, std::uint32_t frame) const {
  const Slot& slot = slots_[hash_of(caller, frame) & (slots_.size() - 1)];
  if (slot.id != kNone) __builtin_prefetch(&sums_[slot.id], 1);
}

void Tree::add(std::uint32_t node, std::int64_t value) {
  Sums& sums = sums_[node];
  sums.value = checked_add(sums.value, value);
  ++sums.samples;
  ++samples_;
}

std::vector<std::uint32_t> Tree::merge(const Tree& other) {
  std::vector<std::uint32_t> frame_here;
  frame_here.reserve(other.frames_.size());
  for (const Frame& frame : other.frames_) frame_here.push_back(intern(frame));
  std::vector<std::uint32_t> node_here;
  node_here.reserve(other.nodes_.size());
  for (std::size_t i = 0; i < other.nodes_.size(); ++i) {
    const Node& node = other.nodes_[i];
    const Sums& sums = other.sums_[i];
    const std::uint32_t here =
        node.caller == kNone ? event(other.events_[node.frame], sums.first)
                             : push(node_here[node.caller], frame_here[node.frame], sums.first);
    Sums& mine = sums_[here];
    mine.first = std::min(mine.first, sums.first);
    mine.value = checked_add(mine.value, sums.value);
    mine.samples += sums.samples;
    node_here.push_back(here);
  }
  samples_ += other.samples_;
  return node_here;
}

Tree::Profiles Tree::profiles(std::string_view unnamed) const {
  // A sample makes the nodes of its stack from the root on: in this order a caller
  // still comes before what it calls.
  struct Born {
    std::uint64_t first;
    std::uint32_t id;
    auto operator<=>(const Born&) const = default;
  };
  std::vector<Born> order;
  order.reserve(nodes_.size());
  for (std::uint32_t id = 0; id < nodes_.size(); ++id) {
    order.push_back({.first = sums_[id].first, .id = id});
  }
  if (!std::ranges::is_sorted(order)) std::ranges::sort(order);

  Profiles made;
  made.places.resize(nodes_.size());
  std::vector<std::vector<std::uint32_t>> frame_in;  // by profile, then by frame
  for (const auto& [first, id] : order) {
    const Node& node = nodes_[id];
    if (node.caller == kNone) {
      made.places[id].profile = static_cast<std::uint32_t>(made.list.size());
      const std::string& name = events_[node.frame];
      made.list.push_back(empty_profile(name.empty() ? std::string(unnamed) : name));
      frame_in.emplace_back(frames_.size(), kNone);
      continue;
    }
    const Place caller = made.places[node.caller];
    Profile& profile = made.list[caller.profile];
    std::uint32_t& frame = frame_in[caller.profile][node.frame];
    if (frame == kNone) frame = static_cast<std::uint32_t>(profile.intern(frames_[node.frame]));
    const StackId stack = profile.append(caller.stack, FrameId{frame});
    made.places[id] = {.profile = caller.profile, .stack = stack};
    const std::int64_t values[] = {sums_[id].value, sums_[id].samples};
    if (sums_[id].samples > 0) profile.add(stack, values);
  }
  return made;
}

}  // namespace tidemark::perf_script
