#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/id_table.h"
#include "lib/model/profile.h"

namespace tidemark::perf_script {

// The stacks of one reader, which is one thread: what a Profile holds, with all
// events side by side, and with where in the text each stack first came. By that
// the trees of several readers become one that is the same however the text was
// divided among them.
//
// Nodes and frames are numbers. An event is a node without a caller.
// Invariant: a node's caller has a smaller number.
class Tree {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  Tree();

  std::uint32_t intern(Frame frame);
  const Frame& frame(std::uint32_t frame) const { return frames_[frame]; }

  // The node of the event of that name.
  std::uint32_t event(std::string_view name, std::uint64_t position);
  // The node reached when `caller` calls `frame`.
  std::uint32_t push(std::uint32_t caller, std::uint32_t frame, std::uint64_t position);
  // For a caller of push() and add() some steps ahead: first brings closer what the
  // one will read, then what the other will.
  void prefetch(std::uint32_t caller, std::uint32_t frame) const;
  void prefetch_sums(std::uint32_t caller, std::uint32_t frame) const;
  // Counts a sample. Throws Error when the sum does not fit.
  void add(std::uint32_t node, std::int64_t value);

  // Takes over what `other` holds; the number here of each node there.
  std::vector<std::uint32_t> merge(const Tree& other);

  // One Profile for each event with samples, in the order in which they came; the
  // event without a name is called `unnamed`.
  struct Place {
    std::uint32_t profile = 0;
    StackId stack = kRoot;
  };
  struct Profiles {
    std::vector<Profile> list;
    std::vector<Place> places;  // of each node
  };
  Profiles profiles(std::string_view unnamed) const;

  bool empty() const { return samples_ == 0; }

 private:
  // What a node is, and what is counted there: the one is read often, by all that
  // are looked for, the other by those that are found.
  struct Node {
    std::uint32_t caller = kNone;
    std::uint32_t frame = 0;  // of an event: its place in the list of events
  };
  struct Sums {
    std::int64_t value = 0;
    std::int64_t samples = 0;
    std::uint64_t first = 0;  // where the sample that made the node starts
  };
  struct Slot {
    Node node;
    std::uint32_t id = kNone;
    std::uint32_t unused = 0;  // a slot does not lie across two cache lines
  };

  std::uint32_t find_or_add(Node node, std::uint64_t position);
  void grow();

  std::vector<Frame> frames_;
  IdTable frame_ids_;
  std::vector<std::string> events_;
  std::vector<Node> nodes_;
  std::vector<Sums> sums_;
  std::vector<Slot> slots_;  // open addressing; at most half are taken
  std::int64_t samples_ = 0;
};

}  // namespace tidemark::perf_script
