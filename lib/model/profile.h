#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/id_table.h"
#include "lib/model/frame.h"

namespace tidemark {

// What one of a profile's numbers counts, in pprof's words: name "inuse_space"
// with unit "bytes", "alloc_objects" with "count", "cpu" with "nanoseconds".
struct ValueType {
  std::string name;
  std::string unit;

  friend bool operator==(const ValueType&, const ValueType&) = default;
};

// A file that was mapped into the profiled process while it ran.
struct Mapping {
  std::string path;
  std::string build_id;      // hexadecimal digits, empty when not known
  std::uint64_t start = 0;   // first address
  std::uint64_t end = 0;     // one past the last address
  std::uint64_t offset = 0;  // where in the file `start` is

  friend bool operator==(const Mapping&, const Mapping&) = default;
};

enum class FrameId : std::uint32_t {};
enum class StackId : std::uint32_t {};

// The empty stack.
constexpr StackId kRoot{0};

// One sample of a profile whose reader kept them apart.
struct Moment {
  std::int64_t at = 0;  // nanoseconds, on the producer's clock
  StackId stack = kRoot;
  std::int64_t value = 0;  // of the default value type

  friend bool operator==(const Moment&, const Moment&) = default;
};

// A Profile is a set of call stacks, each with one number per value type.
//
// Stacks form a tree: a StackId names a frame and its caller, so stacks that
// start alike share their start. Frames and stacks are interned; equal ones
// have equal ids.
//
// Invariant: a caller has a smaller id than everything it calls. Walking the
// ids downwards therefore visits every callee before its caller. The walk ends
// at kRoot, the empty stack, which is its own caller.
class Profile {
 public:
  explicit Profile(std::vector<ValueType> value_types);

  const std::vector<ValueType>& value_types() const { return value_types_; }

  // Replaces what is known of a value (its unit, seen in the stacks).
  void describe(std::size_t value_type, ValueType better) {
    value_types_[value_type] = std::move(better);
  }

  // An empty profile with the value types and the frames of `other`: a frame
  // has the same id in both. They share the list until one of them changes it,
  // so many profiles of one program cost little more than their stacks.
  static Profile sharing_frames(const Profile& other);

  FrameId intern(const Frame& frame);
  const Frame& frame(FrameId frame) const { return frames_->list[static_cast<std::size_t>(frame)]; }

  // Replaces what is known of a frame (symbols that came later). Ids stay.
  void describe(FrameId frame, Frame better);

  // The stack reached when `caller` calls `frame`.
  StackId push(StackId caller, FrameId frame);

  // The same without a look-up. REQUIRES: `caller` does not call `frame` yet.
  StackId append(StackId caller, FrameId frame);

  // Makes room for that many stacks, so that adding them does not move others.
  void reserve(std::size_t stacks);

  StackId caller(StackId stack) const { return nodes_[static_cast<std::size_t>(stack)].caller; }
  // The innermost frame of `stack`. REQUIRES: stack != kRoot.
  FrameId leaf(StackId stack) const { return nodes_[static_cast<std::size_t>(stack)].frame; }

  // Adds to the values of `stack`. REQUIRES: one value per value type. Throws
  // Error when a sum does not fit.
  void add(StackId stack, std::span<const std::int64_t> values);

  // The values added to exactly this stack, callees not included.
  std::span<const std::int64_t> self(StackId stack) const;

  // For a sampled profile: adds the variances of the estimates just added, and
  // their sum for exactly this stack. A profile without any is exact.
  void add_variance(StackId stack, std::span<const double> variances);
  double variance(StackId stack, std::size_t value_type) const;
  bool sampled() const { return !variances_.empty(); }

  // How many stacks and frames there are; ids are below these. kRoot counts.
  std::size_t stacks() const { return nodes_.size(); }
  std::size_t frames() const { return frames_->list.size(); }

  // The sum over all stacks, one number per value type.
  std::vector<std::int64_t> total() const;

  // What the profile is about.
  std::string title;              // "heap at exit", "snapshot 14"
  std::size_t default_value = 0;  // index of the value type shown unless asked
  std::int64_t pid = 0;           // 0: not known, or several processes
  std::int64_t at = 0;            // when it was taken, in at_unit since the start
  std::string at_unit;            // "ms", "bytes", "instructions"; empty: not known
  std::int64_t duration_ns = 0;   // 0: not known
  std::vector<Mapping> mappings;
  // The samples in the order of time, where a reader was asked to keep them; they
  // are counted in the stacks as well.
  std::vector<Moment> timeline;

 private:
  struct Node {
    StackId caller;
    FrameId frame;
  };

  struct Frames {
    std::vector<Frame> list;
    IdTable ids;
  };

  // The list of frames, copied first when another profile shares it.
  Frames& own_frames();

  // Where the numbers of `stack` start in values_.
  std::size_t row(StackId stack) const {
    const auto index = static_cast<std::size_t>(stack);
    return index < rows_.size() ? std::size_t{rows_[index]} * value_types_.size() : 0;
  }
  std::size_t own_row(StackId stack);

  std::vector<ValueType> value_types_;
  std::shared_ptr<Frames> frames_;
  std::vector<Node> nodes_;
  // Most stacks only lead to others: each row of values_ is value_types_.size()
  // numbers of a stack that has some. Row 0 is of those without, and stays 0.
  std::vector<std::uint32_t> rows_;  // by stack; what lies beyond has row 0
  std::vector<std::int64_t> values_;
  std::vector<double> variances_;  // the same rows; empty for an exact profile
  std::size_t rows_in_use_ = 1;
  IdTable stack_ids_;  // of the first stacks; push() adds the others
};

// The frames of `stack`, innermost first.
std::vector<Frame> frames_of(const Profile& profile, StackId stack);

}  // namespace tidemark
