#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "tests/tools/signoff/compare/made_runs.h"
#include "tools/signoff/compare/compare_writers.h"

namespace tidemark::signoff {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kHostile = "<script>alert(1)</script>|`\x1b[31m\xff";

// Two sides whose every name is an attack, one with a new finding and more memory.
Comparison hostile() {
  const auto side = [](double bytes, bool finds) {
    RunFacts facts = made_run(kHostile);
    facts.run.environment[kHostile] = finds ? kHostile : "plain";
    facts.measures.push_back(made_measure(kHostile, budget::Unit::kBytes, bytes));
    facts.amounts_file = "profile.pb.gz";
    facts.amounts = {{.functions = {kHostile, "main"}, .bytes = bytes}};
    facts.warnings = {kHostile};
    if (finds) facts.sites = {made_site(FindingKind::kDefiniteLeak, kHostile, 100)};
    return facts;
  };
  return compare_runs(made_side(kHostile, {side(100, false), side(101, false), side(99, false)}),
                      made_side(kHostile, {side(900, true), side(901, true), side(899, true)}), {});
}

TEST(CompareText, LeadsWithTheVerdict) {
  const Comparison comparison =
      compare_runs(made_side("old", {made_run("a")}), made_side("new", {made_run("b")}), {});
  EXPECT_EQ(compare_text(comparison, false),
            "cannot tell: there is no number that both sides have\n\n"
            "memprof memcheck\n"
            "  before  /nowhere/a\n"
            "  after   /nowhere/b\n");
}

TEST(CompareText, ShowsNoEscapeOfOthers) {
  EXPECT_THAT(compare_text(hostile(), false), Not(HasSubstr("\x1b")));
}

TEST(CompareHtml, HoldsNoMarkupOfOthers) {
  const std::string page = compare_html(hostile());
  EXPECT_THAT(page, AllOf(Not(HasSubstr("<script>alert")), HasSubstr("&lt;script&gt;alert")));
}

TEST(CompareHtml, LoadsNothing) {
  const std::string page = compare_html(hostile());
  EXPECT_THAT(page, Not(HasSubstr("src=\"http")));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
}

TEST(CompareMarkdown, HoldsNoMarkupOfOthers) {
  EXPECT_THAT(compare_markdown(hostile()), Not(HasSubstr("<script>")));
}

TEST(CompareJson, SaysTheVerdictAndTheExitCode) {
  EXPECT_THAT(compare_json(hostile()),
              AllOf(HasSubstr(R"("verdict":"worse")"), HasSubstr(R"("exit_code":1)"),
                    HasSubstr(R"("status":"new")")));
}

TEST(CompareWriters, GiveEqualBytesForEqualRuns) {
  EXPECT_EQ(compare_html(hostile()), compare_html(hostile()));
  EXPECT_EQ(compare_json(hostile()), compare_json(hostile()));
}

}  // namespace
}  // namespace tidemark::signoff
