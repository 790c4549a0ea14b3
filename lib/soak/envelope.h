#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tidemark::soak {

// One series in bounded memory, for charts: every point while there are few of them, then
// the smallest and the largest value of equal spans of time, so that no peak is lost
// however long the soak is. At 1 Hz a day is kept as it is.
//
// Invariant: slots are in the order of `at_ms`.
class Envelope {
 public:
  struct Slot {
    std::int64_t at_ms = 0;  // of its last point: steps of counters are exact
    std::int64_t low = 0;
    std::int64_t high = 0;

    friend bool operator==(const Slot&, const Slot&) = default;
  };

  Envelope() = default;
  explicit Envelope(std::size_t most_slots) : most_slots_(most_slots) {}

  // A point before the last one counts into the last one's slot. O(1) amortised.
  void add(std::int64_t at_ms, std::int64_t value);

  const std::vector<Slot>& slots() const { return slots_; }
  bool empty() const { return slots_.empty(); }

  // What a chart of `columns` columns from `from_ms` to `to_ms` shows: at most one slot a
  // column, and the neighbour on each side, so that its line reaches the edges.
  // REQUIRES: from_ms < to_ms, columns > 0.
  std::vector<Slot> between(std::int64_t from_ms, std::int64_t to_ms, std::size_t columns) const;

 private:
  void halve();

  std::size_t most_slots_ = 100'000;
  std::int64_t span_ms_ = 1;
  std::vector<Slot> slots_;
};

}  // namespace tidemark::soak
