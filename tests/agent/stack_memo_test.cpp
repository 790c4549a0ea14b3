#include "agent/stack_memo.h"

#include <gtest/gtest.h>

#include <vector>

namespace tidemark::agent {
namespace {

struct Memo {
  explicit Memo(std::size_t count) : nodes(count) {
    trie = {.nodes = nodes.data(), .count = static_cast<std::uint32_t>(count)};
  }
  std::uint32_t stack(const std::vector<std::uint64_t>& places) {
    cut = false;
    return memo.stack(trie, places.data(), static_cast<std::uint32_t>(places.size()), cut);
  }
  std::vector<heap_file::Node> nodes;
  StackTrie trie;
  StackMemo memo{};
  bool cut = false;
};

TEST(StackMemo, GivesTheNodeOfTheTrie) {
  Memo memo(1 << 16);
  for (int round = 0; round < 2; ++round) {
    for (std::uint64_t leaf = 1; leaf < 2000; ++leaf) {
      const std::uint64_t places[] = {leaf, leaf % 7, 99};
      bool cut = false;
      ASSERT_EQ(memo.stack({leaf, leaf % 7, 99}), memo.trie.stack(places, 3, cut));
    }
  }
}

TEST(StackMemo, AStackThatIsKnownIsNotLookedFor) {
  Memo memo(1 << 10);
  const std::uint32_t node = memo.stack({3, 2, 1});
  for (heap_file::Node& one : memo.nodes)
    if (&one != &memo.nodes[node]) one = {};
  EXPECT_EQ(memo.stack({3, 2, 1}), node);
}

TEST(StackMemo, AnotherTriesNodeIsNotTaken) {
  Memo memo(1 << 10);
  const std::uint32_t node = memo.stack({3, 2, 1});
  memo.nodes[node].place = 4;
  EXPECT_NE(memo.stack({3, 2, 1}), node);
}

TEST(StackMemo, ACutStackIsSaidToBeCutEachTime) {
  Memo memo(64);
  std::uint64_t place = 1;
  while (!memo.cut) memo.stack({place++, 99});
  memo.stack({place - 1, 99});
  EXPECT_TRUE(memo.cut);
}

TEST(StackMemo, NoFramesAreTheRoot) {
  Memo memo(64);
  EXPECT_EQ(memo.stack({}), StackTrie::kNone);
}

}  // namespace
}  // namespace tidemark::agent
