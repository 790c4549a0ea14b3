#include "lib/report/folded_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "lib/report/folded.h"
#include "tests/lib/analyze/random_profile.h"

namespace tidemark {
namespace {

// The texts of all stacks, sorted by std::map, with equal ones summed up.
std::string plain_folded(const Profile& profile, std::size_t value) {
  std::map<std::string, std::int64_t> sums;
  for (std::uint32_t i = 1; i < profile.stacks(); ++i) {
    std::string text;
    for (const Frame& frame : frames_of(profile, StackId{i})) {
      text = folded_name(frame) + (text.empty() ? "" : ";" + text);
    }
    sums[text] += profile.self(StackId{i})[value];
  }
  std::string out;
  for (const auto& [text, sum] : sums) {
    if (sum != 0) out += text + " " + std::to_string(sum) + "\n";
  }
  return out;
}

TEST(FoldedLines, ComeInTheOrderOfTheirText) {
  std::mt19937 random(4);
  for (int round = 0; round < 400; ++round) {
    const Profile profile = random_profile(random, round % 2 == 1);
    EXPECT_EQ(to_folded(profile, 1), plain_folded(profile, 1)) << "round " << round;
  }
}

TEST(FoldedLines, PutTheCalleesOfAStackBehindNamesThatSortBelowTheSemicolon) {
  Profile profile(std::vector<ValueType>{{.name = "samples", .unit = "count"}});
  const auto add = [&](std::initializer_list<const char*> names) {
    StackId stack = kRoot;
    for (const char* name : names) stack = profile.push(stack, profile.intern({.function = name}));
    profile.add(stack, std::vector<std::int64_t>{1});
  };
  add({"a", "f", "x"});
  add({"a", "f-", "y"});
  add({"a", "f"});
  EXPECT_EQ(to_folded(profile, 0), "a;f 1\na;f-;y 1\na;f;x 1\n");
}

}  // namespace
}  // namespace tidemark
