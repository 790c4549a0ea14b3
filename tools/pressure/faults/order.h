#pragma once

#include <cstdint>
#include <string>

#include "lib/load/scenario.h"

namespace tidemark::pressure {

// An injection with its words understood.
struct Order {
  std::string text;  // "pause 1s"
  std::string kind;
  std::int64_t count = 0;      // connections, slow-readers, half-open, fds
  double share = 0;            // reset, cpu, loss
  std::int64_t bytes = 0;      // memory, disk-full
  load::Duration delay{0};     // of packets
  load::Duration duration{0};  // 0: it is over at once
  std::string path;            // disk-full; empty: where file clients work
  bool restart = false;        // kill
};

// Throws UsageError for words that lib/load would not have let through.
Order order_of(const load::Injection& injection);

}  // namespace tidemark::pressure
