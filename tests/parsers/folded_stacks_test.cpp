#include "parsers/folded_stacks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace tidemark {
namespace {

Profile counts() { return Profile(std::vector<ValueType>{{.name = "samples", .unit = "count"}}); }

std::string text_of(const Profile& profile, StackId stack) {
  std::string text;
  for (; stack != kRoot; stack = profile.caller(stack)) {
    text = profile.frame(profile.leaf(stack)).function + (text.empty() ? "" : ";" + text);
  }
  return text;
}

// How many stacks the texts have when equal ones are one, those on the way included.
std::size_t distinct(const std::vector<std::string>& texts) {
  std::set<std::string> all;
  for (const std::string& text : texts) {
    for (std::size_t at = text.find(';'); at != std::string::npos; at = text.find(';', at + 1)) {
      all.insert(text.substr(0, at));
    }
    all.insert(text);
  }
  return all.size();
}

// Short names of few letters, some below ';', so that many start alike.
std::vector<std::string> texts(std::mt19937& random, std::size_t count) {
  constexpr std::string_view kLetters = "a2-\x7F";
  std::vector<std::string> all;
  for (std::size_t i = 0; i < count; ++i) {
    std::string text;
    for (std::size_t frames = 1 + random() % 4; frames > 0; --frames) {
      for (std::size_t size = 1 + random() % 3; size > 0; --size) {
        text += kLetters[random() % kLetters.size()];
      }
      if (frames > 1) text += ';';
    }
    all.push_back(text);
  }
  return all;
}

// Reads all texts into `profile`; gives the stack of each.
std::vector<StackId> stacks_of(Profile& profile, const std::vector<std::string>& all) {
  FoldedStacks stacks(profile);
  std::vector<StackId> found;
  for (const std::string& text : all) {
    if (const auto stack = stacks.find(text)) found.push_back(*stack);
  }
  for (const StackId stack : stacks.take()) found.push_back(stack);
  return found;
}

void expect_each_stack_once(const std::vector<std::string>& all) {
  Profile profile = counts();
  const std::vector<StackId> stacks = stacks_of(profile, all);
  ASSERT_EQ(stacks.size(), all.size());
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(text_of(profile, stacks[i]), all[i]);
  EXPECT_EQ(profile.stacks() - 1, distinct(all));
}

TEST(FoldedStacks, GivesEachStackOnceInAnyOrder) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> all = texts(random, 1 + random() % 60);
    expect_each_stack_once(all);
    std::ranges::sort(all);
    expect_each_stack_once(all);
    std::ranges::sort(all, {}, [](const std::string& text) { return text + " 1"; });
    expect_each_stack_once(all);
    std::swap(all.front(), all[all.size() / 2]);  // sorted but for two
    expect_each_stack_once(all);
  }
}

TEST(FoldedStacks, ComesBackToAStackThatOthersCutOff) {
  expect_each_stack_once({"a;f", "a;f-", "a;f-1", "a;f-1;x", "a;f-;y", "a;f;z", "a;g"});
}

TEST(FoldedStacks, CountsFramesWithoutAName) {
  Profile profile = counts();
  EXPECT_EQ(text_of(profile, stacks_of(profile, {"a;;b"}).at(0)), "a;;b");
  EXPECT_EQ(profile.stacks(), 4U);
}

TEST(CommonPrefix, EndsWhereTextsDiffer) {
  const std::string text(70, 'x');
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string other = text;
    other[at] = 'y';
    EXPECT_EQ(common_prefix(text, other), at);
  }
  EXPECT_EQ(common_prefix(text, text + "y"), text.size());
  EXPECT_EQ(common_prefix("", text), 0U);
}

}  // namespace
}  // namespace tidemark
