#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace tidemark::bench {

// Folded stacks as a large server's profile has them: 1,000,000 distinct stacks of
// 10 to 60 frames come to 256 MB. The functions, their names of 8 to 80 bytes and who
// may call whom are the same for every seed; which stacks were seen, and how often,
// follows the seed, so that two seeds are two runs of one program. The same arguments
// give the same bytes.
struct FoldedInput {
  std::size_t stacks = 1'000'000;
  std::uint64_t seed = 1;
  bool sorted = true;  // bytewise, as every stackcollapse writes; else in the order seen
};

std::string folded_stacks(const FoldedInput& input);

}  // namespace tidemark::bench
