#include "tools/signoff/facts/massif_facts.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/base/file.h"
#include "tests/lib/scratch.h"

namespace tidemark::signoff {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A run that was asked to stop 1 s before its end.
class MassifFacts : public ::testing::Test {
 protected:
  MassifFacts() {
    std::filesystem::create_directory(scratch_.path / "raw");
    facts_.directory = scratch_.path;
    facts_.run.backend = "massif";
    facts_.run.stop_ms = 9'000;
    facts_.run.ended_ms = 10'000;
  }

  // A tree with two sites, of which the second may be below the threshold.
  static std::string snapshot(int number, int at_ms, int store, int cache) {
    std::string tree =
        fmt::format("n2: {} (heap allocation functions) malloc\n n0: {} 0x1: store (a.c:1)\n",
                    store + cache, store);
    tree += cache * 100 >= store + cache
                ? fmt::format(" n0: {} 0x2: cache (a.c:2)\n", cache)
                : fmt::format(" n0: {} in 3 places, all below massif's threshold (1.00%)\n", cache);
    return fmt::format(
        "#-----------\nsnapshot={}\n#-----------\ntime={}\nmem_heap_B={}\nmem_heap_extra_B=0\n"
        "mem_stacks_B=0\nheap_tree=detailed\n{}",
        number, at_ms, store + cache, tree);
  }

  void leave(const std::string& name, const std::string& snapshots) {
    write_file(scratch_.path / "raw" / name,
               "desc: --time-unit=ms\ncmd: ./service\ntime_unit: ms\n" + snapshots);
    facts_.run.files.push_back({.path = "raw/" + name, .format = "massif"});
  }

  const SiteAmount& of(const std::string& function) {
    for (const SiteAmount& amount : facts_.amounts)
      if (amount.functions.front() == function) return amount;
    throw std::runtime_error("no amount of " + function);
  }

  Scratch scratch_;
  RunFacts facts_;
};

TEST_F(MassifFacts, AreOfTheLastTenthBeforeTheEnd) {
  std::string all;
  for (int i = 0; i < 40; ++i)
    all += snapshot(i, i * 225, i < 10 ? 1000 : i % 2 == 0 ? 60'000 : 60'200, 5'000);
  all += snapshot(40, 9'400, 30'000, 400) + snapshot(41, 10'000, 4'600, 0);
  leave("massif.1.out", all);
  ASSERT_TRUE(add_massif_levels(facts_));
  EXPECT_NEAR(of("store").bytes, 60'100, 20);
  EXPECT_GT(of("store").error, 90);
  EXPECT_LT(of("store").error, 200);
  EXPECT_EQ(of("cache").bytes, 5'000);
  EXPECT_NEAR(facts_.least_amount, 651, 1);
}

TEST_F(MassifFacts, KnowASiteThatWaversAboutTheThresholdBadly) {
  std::string all;
  for (int i = 0; i < 40; ++i) all += snapshot(i, i * 225, 60'000, i % 4 < 2 ? 590 : 620);
  leave("massif.1.out", all + snapshot(40, 10'000, 60'000, 620));
  ASSERT_TRUE(add_massif_levels(facts_));
  EXPECT_GT(of("cache").error, 30);
  EXPECT_GE(of(std::string(kBelowThreshold)).error, facts_.least_amount);
}

TEST_F(MassifFacts, OfWhatGrowsSteadilyAreNoLessSure) {
  std::string all;
  for (int i = 0; i < 40; ++i) all += snapshot(i, i * 225, 60'000, 1'000 * i + i % 2);
  leave("massif.1.out", all + snapshot(40, 10'000, 60'000, 40'000));
  ASSERT_TRUE(add_massif_levels(facts_));
  EXPECT_GT(of("cache").bytes, 33'000);
  EXPECT_LT(of("cache").error, 10);
}

TEST_F(MassifFacts, AddUpProcesses) {
  leave("massif.1.out", snapshot(0, 0, 1000, 500) + snapshot(1, 5000, 1000, 500));
  leave("massif.2.out", snapshot(0, 0, 3000, 500) + snapshot(1, 5000, 3000, 500));
  ASSERT_TRUE(add_massif_levels(facts_));
  double store = 0;
  for (const SiteAmount& amount : facts_.amounts)
    if (amount.functions.front() == "store") store += amount.bytes;
  EXPECT_EQ(store, 4000);
}

TEST_F(MassifFacts, OfAFileThatCannotBeReadAreAWarning) {
  leave("massif.1.out", "nonsense\n");
  EXPECT_FALSE(add_massif_levels(facts_));
  EXPECT_THAT(facts_.warnings, ElementsAre(HasSubstr("massif.1.out:4")));
}

TEST_F(MassifFacts, DoNotLookOutsideOfTheRun) {
  facts_.run.files.push_back({.path = "../massif.1.out", .format = "massif"});
  facts_.run.files.push_back({.path = "/massif.1.out", .format = "massif"});
  EXPECT_FALSE(add_massif_levels(facts_));
  EXPECT_THAT(facts_.warnings, ElementsAre());
}

}  // namespace
}  // namespace tidemark::signoff
