#pragma once

#include <cstdint>
#include <string_view>

namespace tidemark {

// A 64-bit hash of `text` (XXH3), the same on every machine and in every
// version of ours: fingerprints in files depend on it.
std::uint64_t hash_of(std::string_view text, std::uint64_t seed = 0);

}  // namespace tidemark
