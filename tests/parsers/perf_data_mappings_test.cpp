#include "parsers/perf_data_mappings.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace tidemark {
namespace {

using Set = PerfMappings::Set;

TEST(PerfMappings, LeavesASetAsItWas) {
  PerfMappings mappings;
  const Set one = mappings.with(PerfMappings::kNone, {.start = 10, .end = 20, .object = 1});
  const Set two = mappings.with(one, {.start = 10, .end = 20, .object = 2});
  EXPECT_EQ(mappings.at(one, 15)->object, 1U);
  EXPECT_EQ(mappings.at(two, 15)->object, 2U);
  EXPECT_FALSE(mappings.at(PerfMappings::kNone, 15));
}

TEST(PerfMappings, CutsWhatANewMappingCovers) {
  PerfMappings mappings;
  Set set = mappings.with(PerfMappings::kNone, {.start = 10, .end = 40, .offset = 100});
  set = mappings.with(set, {.start = 20, .end = 30, .object = 1});
  ASSERT_EQ(mappings.all(set).size(), 3U);
  EXPECT_EQ(mappings.at(set, 35)->start, 30U);
  EXPECT_EQ(mappings.at(set, 35)->offset, 120U);
}

// Thousands of mappings at random, held against an array with one entry an address.
TEST(PerfMappings, AgreesWithAnArray) {
  constexpr std::uint64_t kAddresses = 500;
  std::mt19937 random(1);
  PerfMappings mappings;
  Set set = PerfMappings::kNone;
  std::vector<std::uint32_t> expected(kAddresses);
  for (std::uint32_t object = 1; object < 3000; ++object) {
    const std::uint64_t start = random() % (kAddresses - 1);
    const std::uint64_t end = start + 1 + random() % (kAddresses - start - 1);
    set = mappings.with(set, {.start = start, .end = end, .offset = start, .object = object});
    for (std::uint64_t i = start; i < end; ++i) expected[i] = object;
    for (std::uint64_t i = 0; i < kAddresses; ++i) {
      const auto found = mappings.at(set, i);
      ASSERT_EQ(found ? found->object : 0, expected[i]) << i << " after " << object;
      ASSERT_EQ(found ? i - found->start + found->offset : i, i);
    }
  }
}

}  // namespace
}  // namespace tidemark
