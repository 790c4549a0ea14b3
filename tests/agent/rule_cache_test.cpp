#include "agent/rule_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace tidemark::agent {
namespace {

constexpr std::uint64_t place_of(std::uint64_t module, std::uint64_t offset) {
  return module << 48 | offset;
}

// Of a function that kept rbp, with `bytes` on the stack.
FrameRules rules_of(int bytes) {
  FrameRules rules{};
  rules.frame = {Kept::kSame, kRsp, bytes};
  rules.registers[kRbp] = {Kept::kAtFrame, kRsp, -16};
  rules.registers[kRip] = {Kept::kAtFrame, kRsp, -8};
  return rules;
}

bool is_rules_of(const FrameRules& rules, int bytes) {
  const Rule& kept = rules.registers[kRbp];
  return rules.frame.offset == bytes && kept.kept == Kept::kAtFrame && kept.offset == -16 &&
         rules.registers[kR12].kept == Kept::kSame && !rules.signal && !rules.outermost;
}

TEST(RuleCache, FindsTheRulesOfEachPlace) {
  for (int i = 1; i < 3000; ++i)
    keep_rules(place_of(1, static_cast<std::uint64_t>(i)), rules_of(i % 50 * 8));
  int found = 0;
  int right = 0;
  for (int i = 1; i < 3000; ++i) {
    FrameRules rules{};
    found += find_rules(place_of(1, static_cast<std::uint64_t>(i)), rules) ? 1 : 0;
    right += is_rules_of(rules, i % 50 * 8) ? 1 : 0;
  }
  EXPECT_GT(found, 2900);
  EXPECT_EQ(right, found);
}

TEST(RuleCache, KnowsTheFramesOfSignalsAndTheOutermost) {
  FrameRules signal = rules_of(160);
  signal.frame.kept = Kept::kAtRegister;
  signal.signal = true;
  FrameRules outermost = rules_of(8);
  outermost.registers[kRip].kept = Kept::kLost;
  outermost.outermost = true;
  keep_rules(place_of(2, 1), signal);
  keep_rules(place_of(2, 2), outermost);
  FrameRules rules{};
  ASSERT_TRUE(find_rules(place_of(2, 1), rules));
  EXPECT_TRUE(rules.signal);
  EXPECT_EQ(rules.frame.kept, Kept::kAtRegister);
  ASSERT_TRUE(find_rules(place_of(2, 2), rules));
  EXPECT_TRUE(rules.outermost);
}

TEST(RuleCache, APlaceThatDoesNotFitIsNotKept) {
  FrameRules rules = rules_of(8);
  keep_rules(place_of(3, 1ULL << 40), rules);
  keep_rules(place_of(0xffff, 16), rules);
  EXPECT_FALSE(find_rules(place_of(3, 1ULL << 40), rules));
  EXPECT_FALSE(find_rules(place_of(0xffff, 16), rules));
}

// How often the rules of a place were those of another one.
int wrong_rules_seen() {
  int wrong = 0;
  for (unsigned i = 1; i < 100000; ++i) {
    const std::uint64_t place = place_of(4, i * 2654435761U % 30000 + 1);
    const int bytes = static_cast<int>(place % 977) * 8;
    FrameRules rules{};
    if (!find_rules(place, rules))
      keep_rules(place, rules_of(bytes));
    else if (!is_rules_of(rules, bytes))
      ++wrong;
  }
  return wrong;
}

TEST(RuleCache, ThreadsNeverSeeAnothersRules) {
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&] { wrong += wrong_rules_seen(); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace tidemark::agent
