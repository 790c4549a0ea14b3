#include "parsers/perf_script_tree.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

#include "lib/base/hash.h"
#include "lib/base/numbers.h"

namespace tidemark::perf_script {
namespace {

std::uint64_t hash_of(const Frame& frame) {
  const std::uint64_t seed = static_cast<std::uint64_t>(frame.line) * 2 + (frame.inlined ? 1 : 0);
  std::uint64_t hash = tidemark::hash_of(frame.function, seed);
  if (!frame.file.empty()) hash = tidemark::hash_of(frame.file, hash);
  return frame.module.empty() ? hash : tidemark::hash_of(frame.module, hash);
}

std::uint64_t hash_of(std::uint32_t caller, std::uint32_t frame) {
  std::uint64_t hash = std::uint64_t{caller} << 32U | frame;
  hash = (hash ^ (hash >> 31U)) * 0xBF58476D1CE4E5B9U;
  return hash ^ (hash >> 29U);
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

std::uint32_t Tree::intern(const Frame& frame) {
  const std::uint32_t id = frame_ids_.find_or_add(
      hash_of(frame), [&](std::uint32_t other) { return frames_[other] == frame; });
  if (id == frames_.size()) frames_.push_back(frame);
  return id;
}

std::uint32_t Tree::find_or_add(std::uint32_t caller, std::uint32_t frame, std::uint64_t position) {
  const std::uint32_t id = node_ids_.find_or_add(hash_of(caller, frame), [&](std::uint32_t other) {
    return nodes_[other].caller == caller && nodes_[other].frame == frame;
  });
  if (id == nodes_.size()) {
    nodes_.push_back({.caller = caller, .frame = frame, .first = position});
  }
  return id;
}

std::uint32_t Tree::event(std::string_view name, std::uint64_t position) {
  const auto found = std::ranges::find(events_, name);
  const auto index = static_cast<std::uint32_t>(found - events_.begin());
  if (found == events_.end()) events_.emplace_back(name);
  return find_or_add(kNone, index, position);
}

std::uint32_t Tree::push(std::uint32_t caller, std::uint32_t frame, std::uint64_t position) {
  return find_or_add(caller, frame, position);
}

void Tree::prefetch_way(std::uint32_t caller, std::uint32_t frame) const {
  node_ids_.prefetch(hash_of(caller, frame));
}

void Tree::prefetch_node(std::uint32_t caller, std::uint32_t frame) const {
  const std::uint32_t node = node_ids_.likely(hash_of(caller, frame));
  if (node < nodes_.size()) __builtin_prefetch(&nodes_[node], 1);
}

void Tree::add(std::uint32_t node, std::int64_t value) {
  nodes_[node].value = checked_add(nodes_[node].value, value);
  ++nodes_[node].samples;
  ++samples_;
}

std::vector<std::uint32_t> Tree::merge(const Tree& other) {
  std::vector<std::uint32_t> frame_here;
  frame_here.reserve(other.frames_.size());
  for (const Frame& frame : other.frames_) frame_here.push_back(intern(frame));
  std::vector<std::uint32_t> node_here;
  node_here.reserve(other.nodes_.size());
  for (const Node& node : other.nodes_) {
    const std::uint32_t here =
        node.caller == kNone ? event(other.events_[node.frame], node.first)
                             : push(node_here[node.caller], frame_here[node.frame], node.first);
    Node& mine = nodes_[here];
    mine.first = std::min(mine.first, node.first);
    mine.value = checked_add(mine.value, node.value);
    mine.samples += node.samples;
    node_here.push_back(here);
  }
  samples_ += other.samples_;
  return node_here;
}

Tree::Profiles Tree::profiles(std::string_view unnamed) const {
  // A sample makes the nodes of its stack from the root on: in this order a caller
  // still comes before what it calls.
  std::vector<std::uint32_t> order(nodes_.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto age = [&](std::uint32_t node) { return std::pair(nodes_[node].first, node); };
  if (!std::ranges::is_sorted(order, {}, age)) std::ranges::sort(order, {}, age);

  Profiles made;
  made.places.resize(nodes_.size());
  std::vector<std::vector<std::uint32_t>> frame_in;  // by profile, then by frame
  for (const std::uint32_t id : order) {
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
    const std::int64_t values[] = {node.value, node.samples};
    if (node.samples > 0) profile.add(stack, values);
  }
  return made;
}

}  // namespace tidemark::perf_script
