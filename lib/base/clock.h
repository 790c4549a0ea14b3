#pragma once

#include <cstdint>

namespace tidemark {

// Milliseconds since the epoch, by the system's clock: what all of our files
// count in.
std::int64_t now_ms();

}  // namespace tidemark
