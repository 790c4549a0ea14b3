#include "agent/live_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <map>
#include <random>
#include <thread>
#include <vector>

namespace tidemark::agent {
namespace {

using heap_file::Live;

struct Table {
  explicit Table(std::size_t buckets)
      : keys(buckets * LiveTable::kSlotsPerBucket), entries(keys.size()) {
    table = {.keys = keys.data(), .entries = entries.data(), .buckets = buckets};
  }
  std::size_t taken() const {
    return keys.size() - static_cast<std::size_t>(std::ranges::count(keys, heap_file::kFreeKey));
  }
  std::vector<std::uint64_t> keys;
  std::vector<Live> entries;
  LiveTable table;
};

Live block_of(std::uint64_t size) {
  return {.size = size, .born_ns = 7, .mean = 1024, .site = 3, .tid = 4, .check = 0};
}

TEST(LiveTable, GivesBackWhatWasPutIn) {
  Table table(64);
  Live found{};
  ASSERT_TRUE(table.table.insert(0x5000, block_of(40)));
  ASSERT_TRUE(table.table.remove(0x5000, found));
  EXPECT_EQ(found.size, 40);
  EXPECT_EQ(found.site, 3);
  EXPECT_FALSE(table.table.remove(0x5000, found));
}

TEST(LiveTable, TheCheckIsThatOfTheBlock) {
  Table table(64);
  Live found{};
  table.table.insert(0x5000, block_of(40));
  table.table.remove(0x5000, found);
  EXPECT_EQ(found.check, check_of(0x5000, found, std::bit_cast<std::uint32_t>(found.mean)));
}

TEST(LiveTable, HoldsNothingWithoutAFile) {
  LiveTable none;
  Live found{};
  EXPECT_FALSE(none.insert(0x1000, block_of(1)));
  EXPECT_FALSE(none.remove(0x1000, found));
}

TEST(LiveTable, TakesThreeOfFourSlotsBeforeItRefusesABlock) {
  Table table(1024);
  std::mt19937_64 random(1);
  std::size_t taken = 0;
  while (table.table.insert(random() % (1ULL << 34) * 4096, block_of(1))) ++taken;
  EXPECT_GT(taken, table.keys.size() * 3 / 4);
}

TEST(LiveTable, FewBlocksTouchFewPages) {
  Table table(1 << 16);
  for (std::uint64_t i = 0; i < 4000; ++i) table.table.insert((i + 1) << 12, block_of(i));
  std::size_t pages = 0;
  for (std::size_t page = 0; page < table.keys.size(); page += 512) {
    pages += std::any_of(table.keys.begin() + static_cast<long>(page),
                         table.keys.begin() + static_cast<long>(page + 512),
                         [](std::uint64_t key) { return key != 0; });
  }
  EXPECT_LE(pages, table.keys.size() / 512 / 8);
}

TEST(LiveTable, DoesWhatAMapDoes) {
  Table table(1 << 10);
  std::map<std::uint64_t, std::uint64_t> expected;
  std::mt19937_64 random(2);
  for (int step = 0; step < 200000; ++step) {
    const std::uint64_t address = (random() % 4000 + 1) << 12;
    Live found{};
    if (expected.contains(address)) {
      ASSERT_TRUE(table.table.remove(address, found));
      ASSERT_EQ(found.size, expected[address]);
      expected.erase(address);
    } else if (table.table.insert(address, block_of(random()))) {
      table.table.remove(address, found);
      ASSERT_TRUE(table.table.insert(address, found));
      expected[address] = found.size;
    }
  }
  EXPECT_EQ(table.taken(), expected.size());
}

TEST(LiveTable, ThreadsFindEachTheirOwn) {
  Table table(1 << 12);
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (std::uint64_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int round = 0; round < 200; ++round) {
        for (std::uint64_t i = 1; i <= 100; ++i)
          wrong += !table.table.insert((i * 4 + thread) << 12, block_of(i * 4 + thread));
        for (std::uint64_t i = 1; i <= 100; ++i) {
          Live found{};
          wrong += !table.table.remove((i * 4 + thread) << 12, found);
          wrong += found.size != i * 4 + thread;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(table.taken(), 0);
}

}  // namespace
}  // namespace tidemark::agent
