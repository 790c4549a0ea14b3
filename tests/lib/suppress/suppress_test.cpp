#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <string>

#include "lib/base/error.h"
#include "lib/suppress/apply.h"
#include "lib/suppress/compile.h"
#include "lib/suppress/glob.h"
#include "lib/suppress/rules.h"

namespace tidemark {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<SuppressionRule> rules_from(const std::string& text) {
  return parse_suppressions({.name = "rules.toml", .bytes = text});
}

std::string error_from(const std::string& text) {
  try {
    rules_from(text);
  } catch (const UsageError& error) {
    return error.what() + (error.hint().empty() ? "" : " | " + error.hint());
  }
  return "no error";
}

// A rule with the given lines; its own start at line 5.
std::string rule(const std::string& lines) {
  return "[[suppress]]\nid = \"r\"\nowner = \"me\"\nreason = \"because\"\n" + lines + "\n";
}

Finding finding(FindingKind kind, CallStack stack) {
  return {.kind = kind, .stacks = {{.frames = std::move(stack)}}};
}

Finding leak() {
  return finding(FindingKind::kDefiniteLeak,
                 {{.function = "malloc"},
                  {.function = "ssl::init(int, char const*)", .module = "/usr/lib/libcrypto.so.3"},
                  {.function = "main", .module = "/usr/bin/service"}});
}

bool covers_leak(const std::string& lines, const std::string& tool = "memcheck") {
  return covers(rules_from(rule(lines)).at(0), leak(), tool);
}

TEST(MatchesGlob, KnowsStarsAndQuestionMarks) {
  EXPECT_TRUE(matches_glob("", ""));
  EXPECT_TRUE(matches_glob("*", ""));
  EXPECT_TRUE(matches_glob("f*o?", "function_on"));
  EXPECT_TRUE(matches_glob("*ab*abc", "xababxabc"));
  EXPECT_FALSE(matches_glob("f", "ff"));
  EXPECT_FALSE(matches_glob("f?", "f"));
}

TEST(MatchesGlob, TakesNoMoreThanSquareTime) {
  const std::string text(5000, 'a');
  std::string pattern;
  for (int i = 0; i < 500; ++i) pattern += "a*";
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(matches_glob(pattern + "b", text));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
}

TEST(ParseSuppressions, ReadsARule) {
  const std::vector<SuppressionRule> rules = rules_from(
      rule("kind = [\"race\", \"reachable\"]\nfunction = \"f*\"\nmodule = \"*.so\"\n"
           "stack = [\"a\", \"...\", \"b\"]\ntool = \"memcheck\"\nexpires = 2027-01-31"));
  ASSERT_EQ(rules.size(), 1U);
  EXPECT_EQ(rules[0].id, "r");
  EXPECT_EQ(rules[0].owner, "me");
  EXPECT_EQ(rules[0].reason, "because");
  EXPECT_EQ(rules[0].expires, "2027-01-31");
  EXPECT_THAT(rules[0].kinds, ElementsAre(FindingKind::kRace, FindingKind::kReachable));
  EXPECT_THAT(rules[0].functions, ElementsAre("f*"));
  EXPECT_THAT(rules[0].stack, ElementsAre("a", "...", "b"));
}

TEST(ParseSuppressions, SaysWhereAndWhatIsWrong) {
  EXPECT_EQ(error_from(rule("functon = \"f\"")),
            "rules.toml:5:1: unknown key 'functon' | did you mean function?");
  EXPECT_EQ(error_from(rule("function = 3")), "rules.toml:5:12: expected a text for 'function'");
  EXPECT_EQ(error_from(rule("function = \"f\"\nkind = \"racy\"")),
            "rules.toml:6:8: unknown kind 'racy' | did you mean race?");
  EXPECT_EQ(error_from(rule("function = \"f\"\nexpires = \"soon\"")),
            "rules.toml:6:11: expected a date such as 2027-01-31 for 'expires'");
  EXPECT_EQ(error_from("[[suppress]]\nid = \"r\"\nowner = \"me\"\n"),
            "rules.toml:1:1: expected 'reason' in [[suppress]]");
  EXPECT_THAT(error_from(rule("")), HasSubstr("without one it would hide everything"));
  EXPECT_THAT(error_from("[[suppress]\n"), testing::StartsWith("rules.toml:1:"));
  EXPECT_EQ(error_from("[supress]\n"), "rules.toml:1:2: expected [[suppress]], found 'supress'");
  EXPECT_THAT(error_from(rule("function = \"f\"") + rule("function = \"g\"")),
              HasSubstr("there is another rule 'r'"));
}

TEST(Covers, MatchesFunctionsWithAndWithoutParameters) {
  EXPECT_TRUE(covers_leak("function = \"ssl::init\""));
  EXPECT_TRUE(covers_leak("function = \"ssl::init(int, *)\""));
  EXPECT_TRUE(covers_leak("function = [\"other\", \"ssl::*\"]"));
  EXPECT_FALSE(covers_leak("function = \"init\""));
}

TEST(Covers, WantsFunctionAndModuleInTheSameFrame) {
  EXPECT_TRUE(covers_leak("function = \"ssl::init\"\nmodule = \"libcrypto.so*\""));
  EXPECT_TRUE(covers_leak("module = \"/usr/lib/*\""));
  EXPECT_FALSE(covers_leak("function = \"main\"\nmodule = \"libcrypto.so*\""));
}

TEST(Covers, MatchesStacksFromTheInnermostFrame) {
  EXPECT_TRUE(covers_leak("stack = [\"malloc\", \"ssl::*\"]"));
  EXPECT_TRUE(covers_leak("stack = [\"malloc\", \"...\", \"main\"]"));
  EXPECT_TRUE(covers_leak("stack = [\"...\", \"main\"]"));
  EXPECT_FALSE(covers_leak("stack = [\"ssl::*\"]"));
  EXPECT_FALSE(covers_leak("stack = [\"malloc\", \"...\", \"main\", \"_start\"]"));
}

TEST(Covers, LooksAtKindAndTool) {
  EXPECT_TRUE(covers_leak("kind = \"leak\"\nfunction = \"main\""));
  EXPECT_FALSE(covers_leak("kind = \"race\"\nfunction = \"main\""));
  EXPECT_TRUE(covers_leak("tool = \"memcheck\"\nfunction = \"main\""));
  EXPECT_FALSE(covers_leak("tool = \"massif\"\nfunction = \"main\""));
}

TEST(Apply, KeepsWhatNoRuleCovers) {
  const Applied applied =
      apply(rules_from(rule("function = \"main\"")),
            {leak(), finding(FindingKind::kRace, {{.function = "f"}})}, {.today = "2026-11-21"});
  ASSERT_EQ(applied.kept.size(), 1U);
  EXPECT_EQ(applied.kept[0].kind, FindingKind::kRace);
  EXPECT_THAT(applied.suppressed_by, ElementsAre("r"));
}

TEST(Apply, LetsAnExpiredRuleSuppressNothing) {
  const auto rules = rules_from(rule("function = \"main\"\nexpires = \"2026-11-21\""));
  EXPECT_EQ(apply(rules, {leak()}, {.today = "2026-11-21"}).kept.size(), 0U);
  EXPECT_EQ(apply(rules, {leak()}, {.today = "2026-11-22"}).kept.size(), 1U);
  EXPECT_EQ(today().size(), 10U);
}

TEST(ValgrindSuppressions, AreInValgrindsWords) {
  EXPECT_EQ(
      valgrind_suppressions(
          rules_from(rule("kind = [\"definite_leak\", \"reachable\"]\nfunction = \"f*\"")), ""),
      "{\n   r\n   Memcheck:Leak\n   match-leak-kinds: definite,reachable\n   ...\n"
      "   fun:f*\n}\n");
  EXPECT_EQ(valgrind_suppressions(rules_from(rule("kind = \"race\"\ntool = \"helgrind\"\n"
                                                  "stack = [\"f\", \"...\", \"main\"]")),
                                  ""),
            "{\n   r\n   Helgrind:Race\n   fun:f\n   ...\n   fun:main\n}\n");
}

TEST(ValgrindSuppressions, LeaveOutWhatTheyCannotSay) {
  const std::string note = "# r: cannot be written here; tidemark applies it after the run\n";
  EXPECT_EQ(valgrind_suppressions(rules_from(rule("function = \"ns::f\"")), ""), note);
  EXPECT_EQ(valgrind_suppressions(rules_from(rule("function = \"f\"\nmodule = \"m\"")), ""), note);
  EXPECT_EQ(valgrind_suppressions(rules_from(rule("function = \"f\"\nexpires = 2020-01-01")),
                                  "2026-01-01"),
            "");
}

TEST(LsanSuppressions, MatchWithAndWithoutParameters) {
  EXPECT_EQ(lsan_suppressions(rules_from(rule("kind = \"leak\"\nfunction = \"ns::f\"")), ""),
            "leak:^ns::f$\nleak:^ns::f(*\n");
  EXPECT_THAT(lsan_suppressions(rules_from(rule("kind = \"race\"\nfunction = \"f\"")), ""),
              HasSubstr("cannot be written here"));
}

TEST(ReadyRule, CoversTheFindingThatItIsFor) {
  for (const Finding& one :
       {leak(),
        finding(FindingKind::kRace,
                {{.function = "a\"b\\c"}, {.address = 1}, {.function = "main"}}),
        finding(FindingKind::kReachable, {{.module = "/opt/lib/x.so", .offset = 16}})}) {
    const std::string text = ready_rule(one, "found-1");
    const std::vector<SuppressionRule> rules = rules_from(text);
    ASSERT_EQ(rules.size(), 1U) << text;
    EXPECT_TRUE(covers(rules[0], one, "memcheck")) << text;
    EXPECT_FALSE(covers(rules[0], finding(one.kind, {{.function = "other"}}), "memcheck")) << text;
  }
}

TEST(ReadyRule, QuotesTheProducersOwnSuppression) {
  Finding one = leak();
  one.suppression = "{\n   <name>\n}";
  EXPECT_THAT(ready_rule(one, "x"), HasSubstr("# {\n#    <name>\n# }\n"));
  EXPECT_EQ(ready_rule({}, "x"), "");
}

}  // namespace
}  // namespace tidemark
