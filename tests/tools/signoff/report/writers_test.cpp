// What each text of a campaign says, and that whatever is in it stays text there.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <string>

#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/cli/line.h"
#include "tests/lib/scratch.h"
#include "tests/tools/signoff/report/sample_result.h"
#include "tools/signoff/report/github.h"
#include "tools/signoff/report/junit.h"
#include "tools/signoff/report/markdown.h"
#include "tools/signoff/report/metrics.h"
#include "tools/signoff/report/sarif.h"
#include "tools/signoff/report/text.h"

namespace tidemark::signoff {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

std::string text_of(const SignoffResult& result) { return result_text(result, {.width = 100}); }

std::string metrics_of(const SignoffResult& result) { return result_metrics(result); }

std::size_t count_of(const std::string& text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
    ++count;
  return count;
}

// Held against tests/data/signoff. After a change that is meant: TIDEMARK_UPDATE=1, and read
// the diff.
void expect_golden(const std::string& file, const std::string& text) {
  const std::filesystem::path path = std::filesystem::path(TIDEMARK_TEST_DATA) / "signoff" / file;
  if (std::getenv("TIDEMARK_UPDATE") != nullptr) {
    std::filesystem::create_directories(path.parent_path());
    write_file(path, text);
  }
  EXPECT_EQ(std::string(read_file(path).bytes()), text) << path;
}

TEST(SignoffGolden, EveryTextIsWhatIsKept) {
  const SignoffResult result = sample_result();
  expect_golden("sample.txt", text_of(result));
  expect_golden("sample.md", result_markdown(result));
  expect_golden("sample.xml", result_junit(result));
  expect_golden("sample.github", result_github(result));
  expect_golden("passed.txt", text_of(passed_result()));
}

TEST(SignoffJunit, ShowsRedExactlyWhenTheExitCodeIsNotZero) {
  SignoffResult open_rule = passed_result();  // passed all the same
  open_rule.rules[0].state = State::kInconclusive;
  SignoffResult nothing;  // no phase, no rule: could not run
  for (const SignoffResult& result : {sample_result(), hostile_result(), passed_result(),
                                      rehearsal_result(), open_rule, nothing}) {
    pugi::xml_document document;
    ASSERT_TRUE(document.load_string(result_junit(result).c_str()));
    const std::size_t red = document.select_nodes("//failure | //error").size();
    EXPECT_EQ(red > 0, result.exit_code() != 0) << result.headline;
    const pugi::xml_node suites = document.child("testsuites");
    EXPECT_EQ(suites.attribute("tests").as_uint(), document.select_nodes("//testcase").size());
    EXPECT_EQ(suites.attribute("failures").as_uint(), document.select_nodes("//failure").size());
    EXPECT_EQ(suites.attribute("errors").as_uint(), document.select_nodes("//error").size());
  }
}

TEST(SignoffJunit, EveryRuleIsACase) {
  const SignoffResult result = sample_result();
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(result_junit(result).c_str()));
  EXPECT_EQ(document.select_nodes("//testcase[@classname='signoff.rules']").size(),
            result.rules.size());
  EXPECT_EQ(document.select_nodes("//testcase[@name='connected >= 95%']/error").size(), 1);
  EXPECT_EQ(document.select_nodes("//testcase[@name='rss.steady <= baseline + 3%']/skipped").size(),
            1);
}

TEST(SignoffJunit, ARuleWithoutAPhaseIsThereToo) {
  SignoffResult result = sample_result();
  result.rules[0].phase.clear();
  EXPECT_THAT(result_junit(result), HasSubstr("rules that no phase measured"));
}

TEST(SignoffSarif, HasFindingsAndRulesAtTheirPlaces) {
  const auto run = nlohmann::json::parse(result_sarif(sample_result())).at("runs").at(0);
  const auto& first = run.at("results").at(0);
  EXPECT_EQ(first.at("ruleId"), "budget/p95@normal < 200ms");
  EXPECT_EQ(first.at("level"), "error");
  const auto& place = first.at("locations").at(0).at("physicalLocation");
  EXPECT_EQ(place.at("artifactLocation").at("uri"), "budgets.toml");
  EXPECT_EQ(place.at("region").at("startLine"), 12);
  EXPECT_EQ(run.at("invocations").at(0).at("exitCode"), 1);
  for (const auto& result : run.at("results"))
    EXPECT_EQ(run.at("tool")
                  .at("driver")
                  .at("rules")
                  .at(result.at("ruleIndex").get<std::size_t>())
                  .at("id"),
              result.at("ruleId"));
  EXPECT_EQ(run.at("results").back().at("ruleId"), "race");
  EXPECT_THAT(run.at("results"), SizeIs(5 + 2));
}

TEST(SignoffSarif, AWaivedRuleIsSuppressed) {
  const auto run = nlohmann::json::parse(result_sarif(sample_result())).at("runs").at(0);
  const auto waived = std::ranges::find_if(
      run.at("results"), [](const auto& result) { return result.contains("suppressions"); });
  ASSERT_NE(waived, run.at("results").end());
  EXPECT_THAT(waived->at("suppressions").at(0).at("justification").get<std::string>(),
              StartsWith("waived by anna@example.org"));
}

TEST(SignoffMarkdown, IsShortWhateverWasFound) {
  SignoffResult result = sample_result();
  result.rules.resize(2000, result.rules[0]);
  result.findings.resize(3000, result.findings[0]);
  result.warnings.resize(500, "the same");
  const std::string text = result_markdown(result);
  EXPECT_LT(count_of(text, "\n"), 120);
  EXPECT_THAT(text, HasSubstr("1981 more."));
}

TEST(SignoffMarkdown, ALongTextEndsWithAWholeCharacter) {
  SignoffResult result = sample_result();
  result.headline = "x";
  for (int i = 0; i < 300; ++i) result.headline += "ä";
  EXPECT_THAT(result_markdown(result), AllOf(HasSubstr("ä…"), Not(HasSubstr("xc3"))));
}

TEST(SignoffMarkdown, WhatIsNotPassedComesBeforeTheFolds) {
  const std::string text = result_markdown(sample_result());
  EXPECT_LT(text.find("waived by"), text.find("<details>"));
  EXPECT_GT(text.find("rate &#62; 100/s"), text.find("<details>"));
}

// promtool is Debian's prometheus package.
TEST(SignoffMetrics, PrometheusHasNothingToSayAgainstThem) {
  for (const auto make : {sample_result, hostile_result, passed_result, rehearsal_result}) {
    const Scratch scratch;
    write_file(scratch.path / "metrics.prom", metrics_of(make()));
    const std::string check = "promtool check metrics < " +
                              (scratch.path / "metrics.prom").string() + " > " +
                              (scratch.path / "said").string() + " 2>&1";
    EXPECT_EQ(std::system(check.c_str()), 0);
    EXPECT_EQ(std::string(read_file(scratch.path / "said").bytes()), "");
  }
}

TEST(SignoffMetrics, AreInBaseUnits) {
  const std::string text = metrics_of(sample_result());
  EXPECT_THAT(text, HasSubstr("tidemark_signoff_rule_value{campaign=\"release\",target=\"service\","
                              "phase=\"normal\",rule=\"p95@normal < 200ms\",run=\"\","
                              "unit=\"seconds\"} 0.2314"));
  EXPECT_THAT(text, HasSubstr("tidemark_signoff_duration_seconds{campaign=\"release\"} 1980\n"));
  EXPECT_THAT(text, HasSubstr("state=\"failed\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("rule=\"leaks.bytes == 0\",run=\"\"} -Inf\n"));
}

TEST(SignoffMetrics, ASeriesIsThereOnce) {
  SignoffResult result = sample_result();
  result.rules.push_back(result.rules[0]);
  EXPECT_EQ(metrics_of(result), [] {
    SignoffResult same = sample_result();
    return metrics_of(same);
  }());
}

TEST(SignoffMetrics, OpenMetricsEndsWithItsMark) {
  const SignoffResult result = sample_result();
  EXPECT_EQ(result_metrics(result, MetricsFormat::kOpenMetrics), metrics_of(result) + "# EOF\n");
}

// Python's prometheus_client reads OpenMetrics strictly.
TEST(SignoffMetrics, OpenMetricsIsRead) {
  for (const auto make : {sample_result, hostile_result}) {
    const Scratch scratch;
    write_file(scratch.path / "metrics", result_metrics(make(), MetricsFormat::kOpenMetrics));
    const std::string check =
        "/usr/bin/python3 -c 'import sys; from prometheus_client.openmetrics import parser; "
        "n = len(list(parser.text_string_to_metric_families(open(sys.argv[1]).read()))); "
        "sys.exit(0 if n > 15 else 1)' " +
        (scratch.path / "metrics").string();
    EXPECT_EQ(std::system(check.c_str()), 0);
  }
}

TEST(SignoffGithub, EachAnnotationHasItsPlaceAndLevel) {
  const std::string text = result_github(sample_result());
  EXPECT_THAT(text,
              HasSubstr("\n::error file=budgets.toml,line=12,col=9,title=failed%3A p95@normal "
                        "< 200ms::service/normal: 231 ms"));
  EXPECT_THAT(text, HasSubstr("\n::warning file=src/service.cpp,line=41,title=definite leak::"));
  EXPECT_THAT(text, HasSubstr("the interval holds 95 %25"));
}

TEST(SignoffGithub, NoTextStartsACommandOfItsOwn) {
  const std::string text = result_github(hostile_result());
  Lines lines("github", text);
  while (lines.next())
    EXPECT_THAT(std::string(lines.line()), testing::ContainsRegex("^::(error|warning|notice) "));
  EXPECT_THAT(text, Not(HasSubstr("%0A\\x1b")));
}

TEST(SignoffGithub, IsTenOfEachKindAtMost) {
  SignoffResult result = sample_result();
  result.rules.resize(100, result.rules[0]);
  const std::string text = result_github(result);
  EXPECT_EQ(count_of(text, "::error"), 10);
  EXPECT_THAT(text, HasSubstr(" more in the report\n"));
}

TEST(SignoffText, NoLineIsWiderThanTheTerminal) {
  for (const auto make : {sample_result, hostile_result, rehearsal_result}) {
    for (const std::size_t width : {40, 80, 120}) {
      const std::string text = result_text(make(), {.width = width});
      Lines lines("text", text);
      while (lines.next()) EXPECT_LE(cli::columns_of(lines.line()), width) << lines.line();
    }
  }
}

TEST(SignoffText, HasNoEscapesWhereThereAreNoColours) {
  EXPECT_THAT(text_of(hostile_result()), Not(HasSubstr("\x1b")));
  const std::string coloured = result_text(sample_result(), {.width = 80, .look = {}});
  EXPECT_THAT(coloured, StartsWith("\x1b[1;31mFAILED\x1b[0m"));
}

TEST(SignoffText, IsAsciiWhereTheTerminalIs) {
  const std::string text =
      result_text(sample_result(), {.width = 80, .look = {.colour = false, .unicode = false}});
  EXPECT_TRUE(std::ranges::none_of(text, [](char c) { return (c & '\x80') != 0; }));
  EXPECT_THAT(text, HasSubstr("231.4 ms +- 8.6 ms"));
}

TEST(SignoffText, ShowsWhyAndWhatWouldDecide) {
  const std::string text = text_of(sample_result());
  EXPECT_THAT(text, HasSubstr("6 more runs would probably decide"));
  EXPECT_THAT(text, HasSubstr("did not get ready in 30 s (not done), tried again"));
}

}  // namespace
}  // namespace tidemark::signoff
