#include <gtest/gtest.h>

#include <string>

#include "lib/base/error.h"
#include "lib/toml/value.h"

namespace tidemark {
namespace {

std::string error_in(std::string_view text) {
  try {
    parse_toml({.name = "a.toml", .bytes = text});
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

std::string repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST(Toml, KeepsTheOrderOfTheFile) {
  const TomlNode file = parse_toml({.name = "a", .bytes = "z = 1\na = 2\n[m]\nx.b = 1\nx.a = 2\n"});
  ASSERT_EQ(file.members.size(), 3U);
  EXPECT_EQ(file.members[0].key, "z");
  EXPECT_EQ(file.members[1].key, "a");
  EXPECT_EQ(file.members[1].place.line, 2U);
  EXPECT_EQ(file.members[2].value.members[0].value.members[0].key, "b");
}

TEST(Toml, NamesThePlaceOfWhatIsWrong) {
  EXPECT_EQ(error_in("a = 1\nb = = 2\n").substr(0, 12), "a.toml:2:5: ");
  EXPECT_EQ(error_in("a = nan\n"), "a.toml:1:5: expected a finite number");
  EXPECT_NE(error_in("a = 99999999999999999999\n"), "no error");
  EXPECT_NE(error_in("a = 1\na = 2\n"), "no error");
}

TEST(Toml, RefusesWhatNobodyWrites) {
  EXPECT_EQ(error_in(std::string(1'100'000, '\n')), "a.toml:1:1: expected a file of at most 1 MiB");
  EXPECT_NE(error_in(std::string_view("a = \"\0\"", 7)), "no error");
  EXPECT_NE(error_in("a = \"\xff\xfe\""), "no error");
  EXPECT_EQ(error_in("b = 1\n[a" + repeated(".a", 400'000) + "]\n"), "a.toml:2:1: nested too deep");
  EXPECT_EQ(error_in("a" + repeated(".a", 400'000) + " = 1\n"), "a.toml:1:1: nested too deep");
  EXPECT_NE(error_in("a = " + repeated("[", 500'000)), "no error");
  EXPECT_NE(error_in("a = " + repeated("{a=", 300'000)), "no error");
  EXPECT_EQ(error_in("a = '" + repeated(".", 2000) + "'\n"), "no error");
  EXPECT_EQ(error_in("a = [" + repeated("1.5, ", 2000) + "]\n"), "no error");
}

TEST(Toml, NamesAreQuotedKeysToo) {
  EXPECT_EQ(error_in("\"a.a\"" + repeated(".\"a\"", 200'000) + " = 1\n"),
            "a.toml:1:1: nested too deep");
  EXPECT_EQ(error_in("a" + repeated(".a", 900) + " = 1\n").substr(0, 10), "a.toml:1:1");
}

}  // namespace
}  // namespace tidemark
