#include "lib/report/top_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace tidemark {
namespace {

using testing::HasSubstr;
using testing::Not;

Profile two_functions(const std::string& inner) {
  Profile profile(std::vector<ValueType>{{.name = "samples", .unit = "count"}});
  const StackId main = profile.push(kRoot, profile.intern({.function = "main"}));
  profile.add(main, std::vector<std::int64_t>{1});
  profile.add(profile.push(main, profile.intern({.function = inner})),
              std::vector<std::int64_t>{3});
  return profile;
}

std::string table(const Profile& profile, const TopOptions& options = {}) {
  return top_table(profile, 0, top(profile, 0), options);
}

TEST(TopTable, ShowsSelfAndTotal) {
  EXPECT_EQ(table(two_functions("serve")),
            "samples: 4 in 2 functions\n"
            "\n"
            "self   self% total   total%  function\n"
            "   3   75.0%     3    75.0%  serve\n"
            "   1   25.0%     4   100.0%  main\n");
}

TEST(TopTable, SaysWhatItLeavesOut) {
  EXPECT_THAT(table(two_functions("serve"), {.limit = 1}), HasSubstr("... 1 more"));
  EXPECT_THAT(table(two_functions("serve"), {.limit = 0}), Not(HasSubstr("more")));
}

TEST(TopTable, FitsTheWidth) {
  for (const std::size_t width : {40U, 60U, 80U, 120U}) {
    const std::string text = table(two_functions(std::string(200, 'x')), {.width = width});
    std::size_t column = 0;
    for (const char c : text) {
      if ((c & '\xC0') == '\x80') continue;
      column = c == '\n' ? 0 : column + 1;
      ASSERT_LE(column, width) << text;
    }
  }
}

TEST(TopTable, GivesWideCharactersTwoColumns) {
  const std::string han = "\u6F22";
  std::string wide;
  for (int i = 0; i < 60; ++i) wide += han;
  const std::string text = table(two_functions(wide), {.width = 60});
  const std::size_t at = text.find(han);
  const std::size_t before = at - text.rfind('\n', at) - 1;
  const std::size_t shown = (text.find("..", at) - at) / han.size();
  EXPECT_LE(before + 2 * shown + 2, 60);
  EXPECT_GE(before + 2 * shown + 2, 59);
}

TEST(TopTable, DrawsBarsWhereThereIsRoom) {
  EXPECT_THAT(table(two_functions("serve"), {.width = 80}),
              HasSubstr("serve    ████████████████████\n"));
  EXPECT_THAT(table(two_functions("serve"), {.width = 50}), Not(HasSubstr("█")));
}

TEST(TopTable, KeepsEscapesOffTheTerminal) {
  EXPECT_THAT(table(two_functions("\x1b[2Jgone")), HasSubstr("\\x1b[2Jgone"));
}

}  // namespace
}  // namespace tidemark
