#include "lib/verdict/blocks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace tidemark::verdict {
namespace {

// One sample every 10 s, from `from_s` for `hours`, of `bytes`.
void feed(Blocks& blocks, double from_s, double hours, double bytes, std::int64_t life = 0) {
  for (double t = 0; t < hours * 3600; t += 10) {
    blocks.add({.at_s = from_s + t, .bytes = bytes, .life = life});
  }
}

TEST(Blocks, KeepBoundedMemoryHoweverLongTheRun) {
  Blocks blocks(64);
  feed(blocks, 0, 24 * 30, 1e6);
  EXPECT_LE(blocks.blocks().size(), 64U);
  EXPECT_GE(blocks.blocks().size(), 32U);
}

TEST(Blocks, RejectWhatIsNoSize) {
  Blocks blocks;
  EXPECT_FALSE(blocks.add({.at_s = 0, .bytes = std::nan("")}));
  EXPECT_FALSE(blocks.add({.at_s = 0, .bytes = -1}));
  EXPECT_FALSE(blocks.add({.at_s = std::numeric_limits<double>::infinity(), .bytes = 1}));
  EXPECT_EQ(blocks.oddities().rejected, 3);
}

TEST(Blocks, CountATimeSeenTwiceOnce) {
  Blocks blocks;
  EXPECT_TRUE(blocks.add({.at_s = 5, .bytes = 1}));
  EXPECT_FALSE(blocks.add({.at_s = 5, .bytes = 1}));
  EXPECT_EQ(blocks.oddities().duplicates, 1);
}

TEST(Blocks, GoOnWhenTheClockIsSetBack) {
  Blocks blocks;
  feed(blocks, 1000, 1, 1e6);
  feed(blocks, 0, 1, 1e6);
  EXPECT_EQ(blocks.oddities().clock_jumps, 1);
  EXPECT_NEAR(blocks.now_h(), 2, 0.01);
}

TEST(Blocks, SayTheTimeOnTheClockThatWasSetBack) {
  Blocks blocks;
  feed(blocks, 1000, 1, 1e6);
  feed(blocks, 0, 1, 1e6);
  EXPECT_NEAR(blocks.sample_clock_s(blocks.now_h()), 3590, 20);
}

TEST(Blocks, TakeAYearForAClockThatWasSetForwards) {
  Blocks blocks;
  feed(blocks, 0, 1, 1e6);
  feed(blocks, 3.2e7, 1, 1e6);
  EXPECT_EQ(blocks.oddities().clock_jumps, 1);
  EXPECT_NEAR(blocks.now_h(), 2, 0.01);
}

TEST(Blocks, CountTheHoursOfASuspendedMachineAsAGap) {
  Blocks blocks;
  feed(blocks, 0, 4, 1e6);
  feed(blocks, 7 * 3600.0, 1, 1e6);
  EXPECT_EQ(blocks.oddities().gaps, 1);
  EXPECT_NEAR(blocks.oddities().gap_h, 3, 0.01);
  EXPECT_NEAR(blocks.now_h(), 8, 0.01);
}

TEST(Blocks, StartALifeWhenTheProcessIsAnother) {
  Blocks blocks;
  feed(blocks, 0, 1, 1e6, 7);
  feed(blocks, 3600, 1, 1e6, 9);
  ASSERT_EQ(blocks.lives().size(), 2U);
  EXPECT_NEAR(blocks.lives()[1].start_h, 1, 0.01);
}

TEST(Blocks, ForgetOldLivesOfAProcessThatKeepsCrashing) {
  Blocks blocks;
  for (int life = 0; life < 10000; ++life) feed(blocks, life * 60.0, 0.015, 1e6, life);
  EXPECT_LE(blocks.lives().size(), 64U);
  EXPECT_LE(blocks.blocks().size(), 2048U);
}

TEST(Blocks, LeaveOutSpikes) {
  Blocks blocks;
  for (double t = 0; t < 3600; t += 1) {
    blocks.add({.at_s = t, .bytes = std::fmod(t, 30) < 20 ? 9e6 : 1e6});
  }
  EXPECT_DOUBLE_EQ(blocks.blocks().front().floor, 1);
}

TEST(Blocks, CountOnWhenTheCounterOfRequestsStartsAgain) {
  Blocks blocks;
  for (double t = 0; t < 3600; t += 10) {
    blocks.add({.at_s = t, .bytes = 1, .requests = std::fmod(t, 1000)});
  }
  EXPECT_NEAR(blocks.blocks().back().requests, 3540, 60);
}

}  // namespace
}  // namespace tidemark::verdict
