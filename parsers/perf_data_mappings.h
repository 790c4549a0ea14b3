#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <vector>

namespace tidemark {

// One mapped range of addresses; `object` is what is mapped, a number of the
// caller's.
struct PerfMapping {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::uint64_t offset = 0;  // of `start` in the object
  std::uint32_t object = 0;
};

// What was mapped into processes, at each moment: sets of ranges that do not
// overlap. A set is a number and never changes; adding to one makes another, in
// logarithmic time and memory. So a fork costs nothing, however many mappings
// the parent had.
//
// The sets are treaps that share their nodes. Priorities are random, so that no
// input makes them deep; nothing that can be observed depends on them.
class PerfMappings {
 public:
  enum class Set : std::uint32_t {};
  static constexpr Set kNone{0};

  PerfMappings();

  // `set` with `mapping` instead of whatever was mapped there. REQUIRES:
  // mapping.start < mapping.end.
  Set with(Set set, const PerfMapping& mapping);

  // What is mapped at `address`.
  std::optional<PerfMapping> at(Set set, std::uint64_t address) const;

  // The mapping at `address`, or else the next one above.
  std::optional<PerfMapping> from(Set set, std::uint64_t address) const;

  // All of them, by start.
  std::vector<PerfMapping> all(Set set) const;

 private:
  using Id = std::uint32_t;
  struct Node {
    PerfMapping mapping;
    Id left = 0;
    Id right = 0;
    std::uint32_t priority = 0;
  };
  struct Halves {
    Id below = 0;
    Id above = 0;
  };

  Id leaf(const PerfMapping& mapping);
  Id copy(Id id, Id left, Id right);
  Halves split(Id id, std::uint64_t start);  // those that start below it, and the others
  Id join(Id below, Id above);
  Id last(Id id) const;

  std::vector<Node> nodes_;  // the first stands for "none"
  std::mt19937 random_;
};

}  // namespace tidemark
