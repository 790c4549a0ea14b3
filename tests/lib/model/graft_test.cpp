#include "lib/model/graft.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

namespace tidemark {
namespace {

constexpr std::uint32_t kFrames = 5;

Profile random_stacks(std::mt19937& random) {
  Profile profile(std::vector<ValueType>{{.name = "samples", .unit = "count"}});
  for (std::uint32_t i = 0; i < kFrames; ++i) profile.intern({.address = i + 1});
  for (std::size_t stacks = random() % 30; stacks > 0; --stacks) {
    StackId stack = kRoot;
    for (std::size_t depth = random() % 6; depth > 0; --depth) {
      stack = profile.push(stack, FrameId{static_cast<std::uint32_t>(random() % kFrames)});
    }
  }
  return profile;
}

// The reference: one push() after the other.
std::vector<StackId> pushed(const Profile& from, Profile& to,
                            const std::vector<std::vector<FrameId>>& frames) {
  std::vector<StackId> stacks{kRoot};
  for (std::uint32_t i = 1; i < from.stacks(); ++i) {
    StackId stack = stacks[static_cast<std::size_t>(from.caller(StackId{i}))];
    for (const FrameId frame : frames[static_cast<std::size_t>(from.leaf(StackId{i}))]) {
      stack = to.push(stack, frame);
    }
    stacks.push_back(stack);
  }
  return stacks;
}

TEST(Graft, AddsTheStacksThatPushWouldAdd) {
  std::mt19937 random(5);
  for (int round = 0; round < 500; ++round) {
    const Profile from = random_stacks(random);
    Profile to = random_stacks(random);
    Profile plain = to;
    std::vector<std::vector<FrameId>> frames(kFrames);  // some frames become the same ones
    for (std::vector<FrameId>& some : frames) {
      some.resize(1 + random() % 3, FrameId{static_cast<std::uint32_t>(random() % kFrames)});
    }
    const std::vector<StackId> grafted = grafted_stacks(from, to, frames);
    const std::vector<StackId> reference = pushed(from, plain, frames);
    ASSERT_EQ(to.stacks(), plain.stacks());
    for (std::size_t i = 0; i < grafted.size(); ++i) {
      EXPECT_EQ(frames_of(to, grafted[i]), frames_of(plain, reference[i])) << "round " << round;
    }
  }
}

}  // namespace
}  // namespace tidemark
