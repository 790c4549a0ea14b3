#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/model/profile.h"

namespace tidemark {

// How siblings lie beside each other.
enum class FlameOrder : std::uint8_t {
  kByName,  // bytewise, as flamegraph.pl sorts
  kByTime,  // as they first came: a flame chart
  kBySize,  // the widest first
};

struct FlameOptions {
  std::size_t value = 0;                // index of the value type that gives the widths
  std::optional<std::size_t> compared;  // index of a second one: the difference gives colours
  bool reverse = false;                 // grow from the leaves: who is called, and by whom
  FlameOrder order = FlameOrder::kByName;
  double total = 0;    // the width of everything; 0: the sum of the values
  double minimum = 0;  // frames smaller than this share of the total are left out
};

// A flame graph: a profile's stacks merged by the names of their frames, laid
// out in units of the profile's value.
//
// Frames merge in a tree, never because two lines are neighbours, so a frame is
// drawn once whatever its siblings are called.
//
// Invariant: a frame's caller has a smaller index, and a frame lies within its
// caller: caller.start <= start, start + total <= caller.start + caller.total.
struct FlameGraph {
  struct Box {
    std::uint32_t caller = 0;  // index of the box below; the first box is its own caller
    std::uint32_t depth = 0;   // 0 for the first box, "all"
    std::uint32_t name = 0;    // index into `names`
    std::int64_t start = 0;    // left edge
    std::int64_t total = 0;    // width: callees included
    std::int64_t self = 0;     // callees not included
    std::int64_t delta = 0;    // growth of `total` against the compared value
  };

  std::vector<Box> boxes;          // by depth first, left to right; the first is "all"
  std::vector<std::string> names;  // what the boxes are called, each once
  std::int64_t total = 0;          // the width of everything
  std::uint32_t depth = 0;         // the deepest box that is drawn
  std::size_t left_out = 0;        // how many boxes were smaller than the minimum
};

FlameGraph flame_graph(const Profile& profile, const FlameOptions& options);

}  // namespace tidemark
