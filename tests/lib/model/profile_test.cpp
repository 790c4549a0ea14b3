#include "lib/model/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace tidemark {
namespace {

using testing::ElementsAre;

Profile two_values() {
  return Profile({{.name = "objects", .unit = "count"}, {.name = "space", .unit = "bytes"}});
}

TEST(Profile, GivesEqualStacksEqualIds) {
  Profile profile = two_values();
  const FrameId main = profile.intern({.function = "main"});
  const FrameId f = profile.intern({.function = "f"});
  const StackId stack = profile.push(profile.push(kRoot, main), f);
  EXPECT_EQ(profile.push(profile.push(kRoot, main), f), stack);
  EXPECT_EQ(profile.intern({.function = "f"}), f);
  EXPECT_EQ(profile.stacks(), 3U);
}

TEST(Profile, NumbersCallersBelowWhatTheyCall) {
  Profile profile = two_values();
  StackId stack = kRoot;
  for (int i = 0; i < 1000; ++i) {
    const StackId next = profile.push(stack, profile.intern({.function = std::to_string(i % 7)}));
    EXPECT_LT(stack, next);
    EXPECT_EQ(profile.caller(next), stack);
    stack = next;
  }
}

TEST(Profile, AddsUpPerStack) {
  Profile profile = two_values();
  const StackId a = profile.push(kRoot, profile.intern({.function = "a"}));
  profile.add(a, std::vector<std::int64_t>{1, 100});
  profile.add(a, std::vector<std::int64_t>{2, 200});
  EXPECT_THAT(profile.self(a), ElementsAre(3, 300));
  EXPECT_THAT(profile.self(kRoot), ElementsAre(0, 0));
  EXPECT_THAT(profile.total(), ElementsAre(3, 300));
}

TEST(Profile, CopiesSharedFramesBeforeItChangesThem) {
  Profile profile = two_values();
  const FrameId f = profile.intern({.function = "f"});
  Profile other = Profile::sharing_frames(profile);
  EXPECT_EQ(other.frame(f).function, "f");
  EXPECT_EQ(other.stacks(), 1U);
  other.describe(f, {.function = "g"});
  const FrameId h = other.intern({.function = "h"});
  EXPECT_EQ(profile.frame(f).function, "f");
  EXPECT_EQ(profile.frames(), 1U);
  EXPECT_EQ(other.frame(f).function, "g");
  EXPECT_EQ(other.frame(h).function, "h");
}

TEST(Profile, FindsStacksThatWereAppended) {
  Profile profile = two_values();
  const FrameId f = profile.intern({.function = "f"});
  const StackId once = profile.append(kRoot, f);
  const StackId twice = profile.append(once, f);
  EXPECT_EQ(profile.push(kRoot, f), once);
  EXPECT_EQ(profile.push(once, f), twice);
  EXPECT_EQ(static_cast<std::uint32_t>(profile.push(twice, f)), 3U);
}

TEST(Profile, CountsNothingForStacksThatOnlyLeadToOthers) {
  Profile profile = two_values();
  const FrameId f = profile.intern({.function = "f"});
  const StackId outer = profile.push(kRoot, f);
  const StackId inner = profile.push(outer, f);
  profile.add(inner, std::vector<std::int64_t>{1, 4});
  EXPECT_THAT(profile.self(outer), ElementsAre(0, 0));
  profile.add(kRoot, std::vector<std::int64_t>{2, 3});
  EXPECT_THAT(profile.self(kRoot), ElementsAre(2, 3));
  EXPECT_THAT(profile.self(inner), ElementsAre(1, 4));
}

TEST(Profile, KeepsVariancesOfLaterStacks) {
  Profile profile = two_values();
  const StackId a = profile.push(kRoot, profile.intern({.function = "a"}));
  EXPECT_FALSE(profile.sampled());
  profile.add_variance(a, std::vector<double>{1, 4});
  const StackId b = profile.push(a, profile.intern({.function = "b"}));
  EXPECT_EQ(profile.variance(a, 1), 4);
  EXPECT_EQ(profile.variance(b, 1), 0);
}

TEST(NameOf, FallsBackToModuleAndAddress) {
  EXPECT_EQ(name_of({.function = "f", .module = "/lib/x.so"}), "f");
  EXPECT_EQ(name_of({.module = "/lib/x.so", .offset = 0x20}), "x.so+0x20");
  EXPECT_EQ(name_of({.address = 0x20}), "0x20");
  EXPECT_EQ(name_of({}), "[unknown]");
}

}  // namespace
}  // namespace tidemark
