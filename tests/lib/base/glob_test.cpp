#include "lib/base/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace tidemark {
namespace {

TEST(Globs, MatchTheWholeText) {
  EXPECT_TRUE(matches_glob("normal", "normal"));
  EXPECT_FALSE(matches_glob("normal", "normally"));
  EXPECT_FALSE(matches_glob("normal", "abnormal"));
}

TEST(Globs, StarTakesAnyCharacters) {
  EXPECT_TRUE(matches_glob("mem*", "memory-profiling"));
  EXPECT_TRUE(matches_glob("*", ""));
  EXPECT_TRUE(matches_glob("a*b*c", "aXbXbXc"));
  EXPECT_FALSE(matches_glob("a*b*c", "aXcXb"));
}

TEST(Globs, QuestionMarkTakesOne) {
  EXPECT_TRUE(matches_glob("x1?", "x10"));
  EXPECT_FALSE(matches_glob("x1?", "x1"));
}

TEST(Globs, ManyStarsTakeNoLongerThanTheProductOfTheLengths) {
  std::string pattern;
  for (int i = 0; i < 1'000; ++i) pattern += "a*";
  EXPECT_FALSE(matches_glob(pattern + "b", std::string(10'000, 'a')));
}

}  // namespace
}  // namespace tidemark
