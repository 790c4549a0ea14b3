#include <gtest/gtest.h>

#include <array>
#include <cstdint>

#include "agent/live_table.h"

namespace tidemark::agent {
namespace {

// The key of a free slot is 0, and the agent's filter may let the null pointer through.
TEST(LiveTable, HoldsNoBlockAtTheNullPointer) {
  std::array<std::uint64_t, 64> keys{};
  std::array<heap_file::Live, 64> entries{};
  LiveTable table{.keys = keys.data(), .entries = entries.data(), .buckets = 8};
  ASSERT_TRUE(table.insert(0x7f0000001000, {.size = 10, .mean = 1}));
  heap_file::Live block{};
  EXPECT_FALSE(table.remove(heap_file::kFreeKey, block));
  EXPECT_FALSE(table.remove(heap_file::kKeyBeingWritten, block));
  EXPECT_TRUE(table.remove(0x7f0000001000, block));
}

}  // namespace
}  // namespace tidemark::agent
