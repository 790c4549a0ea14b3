#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

#include "lib/analyze/diff.h"
#include "lib/analyze/inclusive.h"
#include "lib/analyze/merge.h"
#include "lib/analyze/profile_findings.h"
#include "lib/analyze/top.h"
#include "lib/base/error.h"

namespace tidemark {
namespace {

using testing::ElementsAre;

// Adds a stack, outermost function first.
StackId add(Profile& profile, std::initializer_list<const char*> functions,
            std::vector<std::int64_t> values) {
  StackId stack = kRoot;
  for (const char* function : functions) {
    stack = profile.push(stack, profile.intern({.function = function}));
  }
  profile.add(stack, values);
  return stack;
}

Profile cpu() { return Profile(std::vector<ValueType>{{.name = "cpu", .unit = "nanoseconds"}}); }

Profile heap() {
  return Profile(
      {{.name = "inuse_objects", .unit = "count"}, {.name = "inuse_space", .unit = "bytes"}});
}

TEST(Inclusive, AddsCalleesToCallers) {
  Profile profile = cpu();
  add(profile, {"main"}, {1});
  add(profile, {"main", "f"}, {10});
  add(profile, {"main", "f", "g"}, {100});
  EXPECT_THAT(inclusive(profile), ElementsAre(111, 111, 110, 100));
  EXPECT_THAT(inclusive(profile, 0), ElementsAre(111, 111, 110, 100));
}

TEST(Top, CountsRecursionOnce) {
  Profile profile = cpu();
  add(profile, {"main", "f", "g", "f"}, {10});
  add(profile, {"main", "g"}, {5});
  const std::vector<FunctionTotal> functions = top(profile, 0);
  ASSERT_EQ(functions.size(), 3U);
  EXPECT_EQ(functions[0].function, "f");
  EXPECT_EQ(functions[0].self, 10);
  EXPECT_EQ(functions[0].total, 10);
  EXPECT_EQ(functions[1].function, "g");
  EXPECT_EQ(functions[1].total, 15);
  EXPECT_EQ(functions[2].self, 0);
  EXPECT_EQ(functions[2].total, 15);
}

TEST(Top, WalksAStackOfAMillionFrames) {
  Profile profile = cpu();
  const FrameId frames[] = {profile.intern({.function = "f"}), profile.intern({.function = "g"})};
  StackId stack = kRoot;
  for (int i = 0; i < 1'000'000; ++i) stack = profile.push(stack, frames[i % 2]);
  profile.add(stack, std::vector<std::int64_t>{1});
  EXPECT_EQ(top(profile, 0).at(1).total, 1);
}

TEST(Top, GivesStandardErrors) {
  Profile profile = cpu();
  profile.add_variance(add(profile, {"main", "f"}, {10}), std::vector<double>{9});
  profile.add_variance(add(profile, {"main", "g"}, {5}), std::vector<double>{16});
  const std::vector<FunctionTotal> functions = top(profile, 0);
  EXPECT_DOUBLE_EQ(functions.at(0).self_error, 3);
  EXPECT_DOUBLE_EQ(functions.at(2).total_error, 5);
}

TEST(Merge, AddsEqualStacksWhereverTheyAreMapped) {
  Profile a = cpu();
  a.pid = 1;
  a.add(a.push(kRoot, a.intern({.function = "f", .address = 0x1000})),
        std::vector<std::int64_t>{1});
  Profile b = cpu();
  b.pid = 2;
  b.add(b.push(kRoot, b.intern({.function = "f", .address = 0x2000})),
        std::vector<std::int64_t>{2});
  const Profile whole = merge({&a, &b});
  EXPECT_EQ(whole.stacks(), 2U);
  EXPECT_THAT(whole.total(), ElementsAre(3));
  EXPECT_EQ(whole.pid, 0);
}

TEST(Merge, CountsNothingForATypeThatOneLacks) {
  Profile a(std::vector<ValueType>{{.name = "inuse_space", .unit = "bytes"}});
  add(a, {"f"}, {5});
  Profile b = heap();
  add(b, {"f"}, {1, 7});
  EXPECT_THAT(merge({&a, &b}).total(), ElementsAre(12, 1));
}

TEST(Merge, RefusesToAddTimeAndBytes) {
  const Profile a = cpu();
  const Profile b = heap();
  EXPECT_THROW(merge({&a, &b}), Error);
}

TEST(Difference, MatchesStacksWhoseLinesMoved) {
  const auto with_line = [](std::int64_t line, std::int64_t value) {
    Profile profile = cpu();
    const FrameId f = profile.intern({.function = "f",
                                      .file = "a.c",
                                      .line = line,
                                      .address = 0x1000 + static_cast<std::uint64_t>(line)});
    profile.add(profile.push(kRoot, f), std::vector<std::int64_t>{value});
    return profile;
  };
  const Profile change = difference(with_line(3, 10), with_line(5, 25));
  EXPECT_EQ(change.stacks(), 2U);
  EXPECT_THAT(change.total(), ElementsAre(15));
  EXPECT_EQ(change.frame(FrameId{0}).line, 5);
}

TEST(Difference, IsNegativeForWhatIsGone) {
  Profile before = heap();
  add(before, {"f"}, {1, 7});
  EXPECT_THAT(difference(before, heap()).total(), ElementsAre(-1, -7));
  EXPECT_THROW(difference(cpu(), heap()), Error);
}

TEST(FindingsFromProfile, ListsWhatIsInUseTheLargestFirst) {
  Profile profile = heap();
  profile.title = "heap at exit";
  add(profile, {"main", "f"}, {3, 300});
  profile.add_variance(add(profile, {"main", "g"}, {1, 500}), std::vector<double>{0, 25});
  add(profile, {"main", "h"}, {0, 0});
  const std::vector<Finding> findings = findings_from_profile(profile);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].bytes, 500);
  EXPECT_DOUBLE_EQ(findings[0].bytes_error, 5);
  EXPECT_EQ(findings[1].blocks, 3);
  EXPECT_EQ(findings[1].kind, FindingKind::kInUse);
  EXPECT_EQ(findings[1].message, "300 B in use: heap at exit");
  EXPECT_EQ(findings[1].stacks.at(0).frames[0].function, "f");
}

TEST(FindingsFromProfile, SumsUpWhatItDoesNotList) {
  Profile profile = heap();
  add(profile, {"f"}, {1, 1});
  add(profile, {"g"}, {1, 2});
  add(profile, {"h"}, {1, 4});
  const std::vector<Finding> findings = findings_from_profile(profile, 1);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[1].bytes, 3);
  EXPECT_EQ(findings[1].message, "3 B in use by 2 more call stacks");
}

TEST(FindingsFromProfile, FindsNothingInAProfileOfTime) {
  Profile profile = cpu();
  add(profile, {"f"}, {1});
  EXPECT_TRUE(findings_from_profile(profile).empty());
}

}  // namespace
}  // namespace tidemark
