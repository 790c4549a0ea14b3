#include "lib/analyze/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "lib/base/error.h"

namespace tidemark {
namespace {

using testing::ElementsAre;
using testing::FieldsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

// "a;b 3" a line.
Profile profile_of(const std::string& text, ValueType type = {.name = "samples", .unit = "count"}) {
  Profile profile(std::vector<ValueType>{std::move(type)});
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t space = line.rfind(' ');
    std::istringstream names(line.substr(0, space));
    StackId stack = kRoot;
    for (std::string name; std::getline(names, name, ';');) {
      stack = profile.push(stack, profile.intern({.function = name}));
    }
    profile.add(stack, std::vector<std::int64_t>{std::stoll(line.substr(space))});
  }
  return profile;
}

// The values before and after of each stack that has some.
std::map<std::string, std::pair<std::int64_t, std::int64_t>> values_of(const Profile& profile) {
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> values;
  for (std::uint32_t i = 1; i < profile.stacks(); ++i) {
    const auto self = profile.self(StackId{i});
    if (self[0] == 0 && self[1] == 0) continue;
    std::string text;
    for (const Frame& frame : frames_of(profile, StackId{i})) {
      text = name_of(frame) + (text.empty() ? "" : ";" + text);
    }
    values[text] = {self[0], self[1]};
  }
  return values;
}

TEST(Compare, PutsTheValuesOfEqualStacksBesideEachOther) {
  const Compared compared = compare(profile_of("a;b 3\na;gone 1"), profile_of("a;b 5\na;fresh 2"));
  EXPECT_THAT(values_of(compared.profile),
              UnorderedElementsAre(Pair("a;b", Pair(3, 5)), Pair("a;fresh", Pair(0, 2)),
                                   Pair("a;gone", Pair(1, 0))));
}

TEST(Compare, MatchesFramesThatMoved) {
  Profile before(std::vector<ValueType>{{.name = "n", .unit = "count"}});
  before.add(before.push(kRoot, before.intern({.function = "f", .file = "a.c", .line = 3})),
             std::vector<std::int64_t>{1});
  Profile after(std::vector<ValueType>{{.name = "n", .unit = "count"}});
  after.add(after.push(kRoot, after.intern({.function = "f", .file = "b.c", .line = 9})),
            std::vector<std::int64_t>{2});
  const Compared compared = compare(before, after);
  EXPECT_THAT(values_of(compared.profile), ElementsAre(Pair("f", Pair(1, 2))));
  EXPECT_EQ(compared.profile.frame(FrameId{0}).file, "b.c");
}

TEST(Compare, TakesNumbersForTheSameWhenAsked) {
  const Compared compared =
      compare(profile_of("f 0x7f12 3"), profile_of("f 0xAB 4"), {.strip_hex = true});
  EXPECT_THAT(values_of(compared.profile), ElementsAre(Pair("f 0x...", Pair(3, 4))));
}

TEST(Compare, RefusesBytesAgainstTime) {
  EXPECT_THROW(compare(profile_of("f 1", {.name = "space", .unit = "bytes"}),
                       profile_of("f 1", {.name = "cpu", .unit = "nanoseconds"})),
               Error);
}

TEST(Compare, StripsHexAsDiffFoldedDoes) {
  EXPECT_EQ(without_hex("0x7f3a+0x12 0xg x0x1"), "0x...+0x... 0xg x0x...");
}

TEST(Compare, ScalesExactlyAndCutsOff) {
  EXPECT_EQ(scaled(30, {.of = 65, .to = 57}), 34);
  EXPECT_EQ(scaled(-30, {.of = 65, .to = 57}), -34);
  EXPECT_EQ(scaled(std::int64_t{1} << 62, {.of = 3, .to = 3}), std::int64_t{1} << 62);
  EXPECT_THROW(scaled(std::int64_t{1} << 62, {.of = 3, .to = 1}), Error);
}

TEST(Compare, NormalisesTheTotalBeforeToThatAfter) {
  Compared compared = compare(profile_of("a 1\nb 3"), profile_of("a 8"));
  scale(compared.profile, compared.before, normalising(compared));
  EXPECT_THAT(values_of(compared.profile),
              UnorderedElementsAre(Pair("a", Pair(2, 8)), Pair("b", Pair(6, 0))));
}

TEST(Compare, NamesFunctionsThatOnlyOneHas) {
  const Compared compared = compare(profile_of("a;gone;b 3\na;b 2"), profile_of("a;b 5"));
  std::vector<std::pair<std::string, std::int64_t>> gone;
  for (const OneSided& one : only_in(compared.profile, 0, 1))
    gone.emplace_back(one.function, one.total);
  EXPECT_THAT(gone, ElementsAre(Pair("gone", 3)));
  EXPECT_THAT(only_in(compared.profile, 1, 0), IsEmpty());
}

TEST(Compare, KeepsWhatTheWidthsCannotShow) {
  const Compared compared =
      compare(profile_of("a;gone;b 3\na;b 2\na;c;d 1"), profile_of("a;b 5\na;c 1"));
  const Profile hidden = elided(compared.profile, compared.after);
  EXPECT_THAT(values_of(hidden),
              UnorderedElementsAre(Pair("a;gone;b", Pair(3, 0)), Pair("a;c;d", Pair(1, 0))));
  EXPECT_EQ(hidden.stacks(), 6U);  // the root, a, a;gone, a;gone;b, a;c, a;c;d
}

}  // namespace
}  // namespace tidemark
