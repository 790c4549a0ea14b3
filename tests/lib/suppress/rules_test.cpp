#include "lib/suppress/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "lib/base/error.h"

namespace tidemark {
namespace {

using testing::ElementsAre;

constexpr std::string_view kHead = "[[suppress]]\nid = 'tls'\nowner = 'net'\nreason = 'known'\n";

std::vector<SuppressionRule> rules(const std::string& text) {
  return parse_suppressions({.name = "rules.toml", .bytes = text});
}

std::string error_in(const std::string& text) {
  try {
    rules(text);
  } catch (const UsageError& error) {
    return error.hint().empty() ? error.what() : error.what() + (" | " + error.hint());
  }
  return "no error";
}

TEST(SuppressionRules, AreReadWhole) {
  const auto found = rules(std::string(kHead) +
                           "kind = ['leak', 'race']\nfunction = 'a_*'\nstack = ['malloc', '...']\n"
                           "module = 'libx.so*'\ntool = 'memcheck'\nexpires = 2027-01-31\n");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].id, "tls");
  EXPECT_EQ(found[0].kinds.size(), 7U);
  EXPECT_THAT(found[0].functions, ElementsAre("a_*"));
  EXPECT_THAT(found[0].stack, ElementsAre("malloc", "..."));
  EXPECT_EQ(found[0].module, "libx.so*");
  EXPECT_EQ(found[0].expires, "2027-01-31");
  EXPECT_EQ(rules(std::string(kHead) + "module = 'x'\nexpires = '2027-01-31'\n")[0].expires,
            "2027-01-31");
}

TEST(SuppressionRules, SayWhereAndWhatIsWrong) {
  const std::string head(kHead);
  EXPECT_EQ(error_in(head + "functoin = 'x'\n"),
            "rules.toml:5:1: suppress[0]: unknown key 'functoin' | did you mean function?");
  EXPECT_EQ(error_in(head + "module = 1\n"),
            "rules.toml:5:10: suppress[0].module: expected a text");
  EXPECT_EQ(error_in(head + "module = 'x'\nkind = 'lek'\n"),
            "rules.toml:6:8: suppress[0].kind: unknown kind 'lek' | did you mean leak?");
  EXPECT_EQ(
      error_in(head + "module = 'x'\nexpires = 'soon'\n"),
      "rules.toml:6:11: suppress[0].expires: expected a date such as 2027-01-31, found 'soon'");
  EXPECT_EQ(error_in(head),
            "rules.toml:1:1: suppress[0]: 'tls' needs a function, a module or a "
            "stack: without one it would hide everything");
  EXPECT_EQ(error_in("[[suppress]]\nid = 'a'\n"), "rules.toml:1:1: suppress[0]: expected 'owner'");
  EXPECT_EQ(error_in("rule = 1\n"), "rules.toml:1:1: rule: expected [[suppress]]");
  const std::string rule = head + "module = 'x'\n";
  EXPECT_EQ(error_in(rule + rule), "rules.toml:6:1: suppress[1]: there is another rule 'tls'");
}

}  // namespace
}  // namespace tidemark
