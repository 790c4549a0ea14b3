#include "tools/signoff/report/html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "lib/base/file.h"
#include "lib/report/escape.h"
#include "tests/lib/scratch.h"
#include "tests/tools/signoff/report/sample_result.h"
#include "tools/signoff/report/html_words.h"
#include "tools/signoff/report/report_verb.h"

namespace tidemark::signoff {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::size_t count_of(const std::string& text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
    ++count;
  return count;
}

TEST(SignoffHtml, SaysTheVerdictFirst) {
  const std::string html = result_html(sample_result());
  EXPECT_LT(html.find("</svg>Failed</p>"), html.find("<h1>"));
  EXPECT_LT(html.find("<h1>2 of 9 rules do not hold"), html.find("<h2>"));
  EXPECT_THAT(result_html(rehearsal_result()), HasSubstr("class=\"rehearsal\">Rehearsal at 1 %"));
}

TEST(SignoffHtml, EveryRuleIsThereWithItsEvidence) {
  const SignoffResult result = sample_result();
  const std::string html = result_html(result);
  for (std::size_t i = 0; i < result.rules.size(); ++i) {
    EXPECT_THAT(html, HasSubstr("<tr id=\"rule-" + std::to_string(i + 1) + "\""));
    EXPECT_THAT(html, HasSubstr("<code>" + markup_text(result.rules[i].rule.text) + "</code>"));
  }
  EXPECT_THAT(html, HasSubstr("<a href=\"./runs/service/normal/pressure.1/load.json\">"));
  EXPECT_EQ(count_of(html, "<svg class=\"against "), 6);
}

TEST(SignoffHtml, ARuleThatNoPhaseMeasuredIsThereToo) {
  SignoffResult result = sample_result();
  result.rules[7].phase.clear();
  EXPECT_THAT(result_html(result), HasSubstr("<h3>Measured by no phase</h3>"));
}

TEST(SignoffHtml, EveryAttemptIsShown) {
  const std::string html = result_html(sample_result());
  EXPECT_THAT(html, HasSubstr("memcheck, attempt 2"));
  EXPECT_THAT(html, HasSubstr("tried again; a later attempt counts"));
  EXPECT_THAT(html, HasSubstr("stress-ng is not installed"));
}

TEST(SignoffHtml, LoadsNothingFromAnywhere) {
  const std::string html = result_html(sample_result());
  for (const char* const way : {" src=", "url(", "@import", "<link rel=\"style", "href=\"http"})
    EXPECT_THAT(html, Not(HasSubstr(way)));
}

TEST(SignoffHtml, NamesAreUntrustedText) {
  const std::string html = result_html(hostile_result());
  EXPECT_THAT(html, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(html, Not(HasSubstr("<img")));
  EXPECT_THAT(html, Not(HasSubstr("\x1b")));
  EXPECT_THAT(html, Not(HasSubstr("\"onmouseover")));
}

TEST(SignoffHtml, ALinkStaysAPath) {
  EXPECT_EQ(link_html("", "javascript:alert(1)", "x"),
            "<a href=\"./javascript%3Aalert%281%29\">x</a>");
  EXPECT_EQ(link_html("", "//host/x", "x"), "<a href=\"file:////host/x\">x</a>");
  EXPECT_EQ(link_html("../nightly/", "runs/a b", "x"), "<a href=\"./../nightly/runs/a%20b\">x</a>");
}

TEST(SignoffReport, AllThatGoesBesideTheResultIsWritten) {
  const Scratch scratch;
  write_sample_runs(scratch.path);
  write_all(scratch.path, sample_result());
  for (const char* const file :
       {"report.html", "junit.xml", "signoff.sarif", "summary.md", "metrics.prom"})
    EXPECT_GT(std::filesystem::file_size(scratch.path / file), 1000) << file;
  const std::string html(read_file(scratch.path / "report.html").bytes());
  EXPECT_THAT(html,
              HasSubstr("<a href=\"./runs/service/memory/memcheck.1.attempt2/report.html\">"));
  EXPECT_THAT(html, HasSubstr("<svg class=\"flame\""));
  EXPECT_THAT(html, HasSubstr("Cache::insert"));
}

TEST(SignoffReport, ADamagedProfileIsAWarning) {
  const Scratch scratch;
  write_sample_runs(scratch.path);
  write_file(scratch.path / "runs/service/memory/memcheck.1.attempt2/profile.pb.gz", "no profile");
  write_all(scratch.path, sample_result());
  const std::string html(read_file(scratch.path / "report.html").bytes());
  EXPECT_THAT(html, Not(HasSubstr("<svg class=\"flame\"")));
  EXPECT_THAT(html, HasSubstr("profile.pb.gz"));
}

TEST(SignoffReport, ADirectoryOfARunThatLeadsElsewhereIsNotReadFrom) {
  const Scratch scratch;
  write_sample_runs(scratch.path / "outside");
  std::filesystem::create_directories(scratch.path / "campaign");
  SignoffResult result = sample_result();
  result.phases[2].runs[1].directory = "../outside/runs/service/memory/memcheck.1.attempt2";
  write_all(scratch.path / "campaign", result);
  const std::string html(read_file(scratch.path / "campaign/report.html").bytes());
  EXPECT_THAT(html, Not(HasSubstr("<svg class=\"flame\"")));
}

}  // namespace
}  // namespace tidemark::signoff
