#include "lib/analyze/findings_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace tidemark {
namespace {

using testing::ElementsAre;

Finding finding(FindingKind kind, std::int64_t bytes, std::int64_t blocks) {
  Finding one{.kind = kind, .bytes = bytes, .blocks = blocks, .count = 4};
  one.stacks = {{.label = "", .frames = {Frame{.function = "malloc"}, Frame{.function = "main"}}}};
  return one;
}

TEST(FindingsProfile, IsOfWhatIsLost) {
  Finding held = finding(FindingKind::kDefiniteLeak, 30, 2);
  held.indirect_bytes = 10;
  const auto profile = profile_of(
      {held, finding(FindingKind::kReachable, 500, 1), finding(FindingKind::kIndirectLeak, 10, 1)});
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->value_types()[1].name, "leaked_space");
  EXPECT_THAT(profile->total(), ElementsAre(3, 30));
  EXPECT_EQ(name_of(profile->frame(profile->leaf(StackId{2}))), "malloc");
}

TEST(FindingsProfile, IsOfWhatIsStillReachableWhenNothingIsLost) {
  const auto profile = profile_of({finding(FindingKind::kReachable, 500, 1)});
  EXPECT_EQ(profile->value_types()[1].name, "inuse_space");
  EXPECT_THAT(profile->total(), ElementsAre(1, 500));
}

TEST(FindingsProfile, CountsErrorsWhenThereAreNoBlocks) {
  EXPECT_THAT(profile_of({finding(FindingKind::kRace, 0, 0)})->total(), ElementsAre(4));
}

TEST(FindingsProfile, IsNothingWithoutStacks) {
  EXPECT_FALSE(profile_of({Finding{.kind = FindingKind::kRace}}));
  EXPECT_FALSE(profile_of({}));
}

}  // namespace
}  // namespace tidemark
