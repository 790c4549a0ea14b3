#include "lib/soak/envelope.h"

#include <algorithm>
#include <cassert>

namespace tidemark::soak {
namespace {

using Slot = Envelope::Slot;

// Adds `slot` to the end of `slots`, or to the last one when both are in the same span.
void join(std::vector<Slot>& slots, const Slot& slot, bool same_span) {
  if (!same_span) {
    slots.push_back(slot);
    return;
  }
  slots.back().at_ms = std::max(slots.back().at_ms, slot.at_ms);
  slots.back().low = std::min(slots.back().low, slot.low);
  slots.back().high = std::max(slots.back().high, slot.high);
}

// Rounds downwards, also below 0.
std::int64_t span_of(std::int64_t at_ms, std::int64_t span_ms) {
  return at_ms >= 0 ? at_ms / span_ms : -((-(at_ms + 1)) / span_ms) - 1;
}

}  // namespace

void Envelope::add(std::int64_t at_ms, std::int64_t value) {
  const bool same =
      !slots_.empty() && (at_ms <= slots_.back().at_ms ||
                          span_of(at_ms, span_ms_) == span_of(slots_.back().at_ms, span_ms_));
  join(slots_, {.at_ms = at_ms, .low = value, .high = value}, same);
  while (slots_.size() > most_slots_) halve();
}

void Envelope::halve() {
  span_ms_ *= 2;
  std::vector<Slot> joined;
  joined.reserve(slots_.size());
  for (const Slot& slot : slots_) {
    const bool same =
        !joined.empty() && span_of(slot.at_ms, span_ms_) == span_of(joined.back().at_ms, span_ms_);
    join(joined, slot, same);
  }
  slots_ = std::move(joined);
}

std::vector<Slot> Envelope::between(std::int64_t from_ms, std::int64_t to_ms,
                                    std::size_t columns) const {
  assert(from_ms < to_ms && columns > 0);
  auto first = std::ranges::lower_bound(slots_, from_ms, {}, &Slot::at_ms);
  auto last = std::ranges::upper_bound(slots_, to_ms, {}, &Slot::at_ms);
  const auto inside = static_cast<std::size_t>(last - first);
  std::vector<Slot> out;
  if (first != slots_.begin()) out.push_back(*std::prev(first));
  const double column_ms = static_cast<double>(to_ms - from_ms) / static_cast<double>(columns);
  std::int64_t before = -1;
  for (auto slot = first; slot != last; ++slot) {
    const auto column =
        static_cast<std::int64_t>(static_cast<double>(slot->at_ms - from_ms) / column_ms);
    join(out, *slot, inside > columns && column == before);
    before = column;
  }
  if (last != slots_.end()) out.push_back(*last);
  return out;
}

}  // namespace tidemark::soak
