#include "agent/stack_trie.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace tidemark::agent {
namespace {

struct Trie {
  explicit Trie(std::size_t count) : nodes(count) {
    trie = {.nodes = nodes.data(), .count = static_cast<std::uint32_t>(count)};
  }
  std::uint32_t stack(std::vector<std::uint64_t> places) {
    cut = false;
    return trie.stack(places.data(), static_cast<std::uint32_t>(places.size()), cut);
  }
  // From the innermost frame out.
  std::vector<std::uint64_t> places_of(std::uint32_t node) const {
    std::vector<std::uint64_t> places;
    for (; node != 0; node = nodes[node].caller - 2) places.push_back(nodes[node].place);
    return places;
  }
  std::vector<heap_file::Node> nodes;
  StackTrie trie;
  bool cut = false;
};

TEST(StackTrie, AStackIsReadBackAsItWas) {
  Trie trie(1024);
  EXPECT_EQ(trie.places_of(trie.stack({3, 2, 1})), (std::vector<std::uint64_t>{3, 2, 1}));
}

TEST(StackTrie, EqualStacksHaveOneNode) {
  Trie trie(1024);
  EXPECT_EQ(trie.stack({3, 2, 1}), trie.stack({3, 2, 1}));
  EXPECT_NE(trie.stack({3, 2, 1}), trie.stack({3, 2, 2}));
}

TEST(StackTrie, TheSameCallOfTwoCallersIsTwoNodes) {
  Trie trie(1024);
  EXPECT_NE(trie.stack({5, 1}), trie.stack({5, 2}));
}

TEST(StackTrie, AFullTrieKeepsTheOuterFramesAndSaysSo) {
  Trie trie(1024);
  std::uint64_t place = 1;
  while (!trie.cut) trie.stack({place++, 99});
  EXPECT_EQ(trie.places_of(trie.stack({place + 1, 99})).back(), 99);
  EXPECT_GT(place, 600);
}

TEST(StackTrie, ThreadsThatAddTheSameStacksReadThemBack) {
  Trie trie(1 << 16);
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (std::uint64_t i = 0; i < 5000; ++i) {
        const std::vector<std::uint64_t> places = {i, i / 10, i / 100, i / 1000};
        bool cut = false;
        const std::uint32_t node = trie.trie.stack(places.data(), 4, cut);
        wrong += cut || trie.places_of(node) != places;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace tidemark::agent
