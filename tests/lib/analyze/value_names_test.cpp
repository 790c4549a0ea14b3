#include "lib/analyze/value_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tidemark {
namespace {

Profile heap(std::size_t shown) {
  Profile profile({{"alloc_objects", "count"},
                   {"alloc_space", "bytes"},
                   {"inuse_objects", "count"},
                   {"inuse_space", "bytes"},
                   {"peak_space", "bytes"},
                   {"leaked_objects", "count"},
                   {"leaked_space", "bytes"}});
  profile.default_value = shown;
  return profile;
}

std::string chosen(const Profile& profile, std::string_view name) {
  const auto value = value_named(profile, name);
  return value ? profile.value_types()[*value].name : "none";
}

TEST(ValueNames, KnowsWhatPeopleSay) {
  const struct {
    const char* said;
    const char* meant;
  } kRows[] = {
      {"alloc_space", "alloc_space"},
      {"allocated", "alloc_space"},
      {"allocated-objects", "alloc_objects"},
      {"Allocated Bytes", "alloc_space"},
      {"in use", "inuse_space"},
      {"in-use", "inuse_space"},
      {"inuse_objects", "inuse_objects"},
      {"live-blocks", "inuse_objects"},
      {"peak", "peak_space"},
      {"peak-objects", "none"},
      {"leaked", "leaked_space"},
      {"leaked count", "leaked_objects"},
      {"objects", "inuse_objects"},
      {"bytes", "inuse_space"},
      {"cpu", "none"},
      {"", "none"},
      {"allocatedx", "none"},
  };
  for (const auto& row : kRows) EXPECT_EQ(chosen(heap(3), row.said), row.meant) << row.said;
}

TEST(ValueNames, TakesAMeasureOfTheDefaultsKind) {
  EXPECT_EQ(chosen(heap(6), "objects"), "leaked_objects");
  EXPECT_EQ(chosen(heap(1), "objects"), "alloc_objects");
}

TEST(ValueNames, FindsTimeByItsUnit) {
  const Profile profile({{"samples", "count"}, {"wall", "nanoseconds"}});
  EXPECT_EQ(chosen(profile, "time"), "wall");
  EXPECT_EQ(chosen(profile, "samples"), "samples");
}

TEST(ValueNames, ListsThemAsTheyCanBeSaid) {
  const Profile profile({{"inuse_space", "bytes"}, {"lifetime\x1b", "x"}});
  EXPECT_EQ(value_names(profile), "in-use-bytes (inuse_space), lifetime\\x1b");
}

}  // namespace
}  // namespace tidemark
