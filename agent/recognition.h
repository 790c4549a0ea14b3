#pragma once

// How free tells the few sampled blocks from all the others: it asks a filter of their
// addresses. A sampled block lies where it would lie without this agent; a program may depend
// on that without knowing it (redis 7.0 takes a stream's node to be where it was when another
// has come to lie at an address that was just given up).

#include <cstdint>

#include "agent/filter.h"

namespace tidemark::agent {

// Of what is sampled, and of the early blocks.
inline constinit AddressFilter recognised{};

// Empties it, without a look at what was never written to.
void forget_addresses();

inline std::uint64_t address_of(const void* block) {
  return reinterpret_cast<std::uint64_t>(block);
}

[[gnu::always_inline]] inline bool maybe_sampled(const void* block) {
  return recognised.may_hold(address_of(block));
}

}  // namespace tidemark::agent
