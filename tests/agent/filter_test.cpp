#include "agent/filter.h"

#include <gtest/gtest.h>

#include <memory>

namespace tidemark::agent {
namespace {

constexpr std::uint64_t kBlock = 0x7f12'3456'7890;

TEST(AddressFilter, HoldsAnAddressUntilItWasRemovedAsOftenAsInserted) {
  const auto filter = std::make_unique<AddressFilter>();
  EXPECT_FALSE(filter->may_hold(kBlock));
  filter->insert(kBlock);
  filter->insert(kBlock);
  filter->remove(kBlock);
  EXPECT_TRUE(filter->may_hold(kBlock));
  filter->remove(kBlock);
  EXPECT_FALSE(filter->may_hold(kBlock));
}

TEST(AddressFilter, TellsBlocksOfOnePageApart) {
  const auto filter = std::make_unique<AddressFilter>();
  filter->insert(kBlock);
  int held = 0;
  for (std::uint64_t other = kBlock / 4096 * 4096; other < kBlock / 4096 * 4096 + 4096; other += 16)
    held += filter->may_hold(other) ? 1 : 0;
  EXPECT_EQ(held, 1);
}

TEST(AddressFilter, KeepsHoldingWhatItCanNoLongerCount) {
  const auto filter = std::make_unique<AddressFilter>();
  for (int i = 0; i < 300; ++i) filter->insert(kBlock);
  for (int i = 0; i < 300; ++i) filter->remove(kBlock);
  EXPECT_TRUE(filter->may_hold(kBlock));
}

}  // namespace
}  // namespace tidemark::agent
