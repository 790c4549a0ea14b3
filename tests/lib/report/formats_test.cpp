// What holds for the other formats, and for all of them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/report/chart.h"
#include "lib/report/report.h"
#include "tests/lib/report/sample_document.h"

namespace tidemark {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string written(std::string_view format, const Document& document) {
  return report_named(format).write(document, {});
}

TEST(Reports, AreFoundByName) {
  EXPECT_EQ(report_choices(), "text|html|json|sarif|junit|markdown|folded|pprof");
  EXPECT_THROW(report_named("pdf"), UsageError);
}

TEST(Reports, AreTheSameEachTimeAndNeverEmpty) {
  for (const ReportFormat* format : all_reports()) {
    const std::string text = format->write(sample_document(), sample_options());
    EXPECT_EQ(text, format->write(sample_document(), sample_options())) << format->name;
    EXPECT_NE(text, "") << format->name;
  }
}

// Numbers as no program has them, as a damaged file may.
TEST(Reports, SurviveExtremeNumbers) {
  Document document = sample_document();
  document.profiles.clear();  // their sums are checked where they are made
  for (const std::int64_t extreme : {INT64_MIN, INT64_MAX, std::int64_t{0}, std::int64_t{-1}}) {
    for (Site& site : document.sites) {
      site.bytes = site.blocks = site.indirect_bytes = site.count = site.place.line = extreme;
      site.bytes_error = static_cast<double>(extreme);
      site.history = {{INT64_MIN, INT64_MAX}, {0, extreme}, {INT64_MAX, INT64_MIN}};
    }
    document.sites.resize(1);
    document.run.started_ms = extreme;
    document.run.ended_ms = INT64_MAX;
    document.series[0].points = document.sites[0].history;
    for (const ReportFormat* format : all_reports()) {
      if (format->name == "pprof") continue;
      if (format->name == "folded" && extreme == 0) continue;
      EXPECT_NE(format->write(document, sample_options()), "") << format->name;
    }
  }
}

TEST(Reports, LeaveNothingInNamesThatATerminalOrABrowserObeys) {
  for (const ReportFormat* format : all_reports()) {
    if (format->name == "pprof") continue;  // binary
    const std::string text = format->write(hostile_document(), sample_options());
    EXPECT_THAT(text, Not(HasSubstr("\x1b"))) << format->name;
    EXPECT_THAT(text, Not(HasSubstr("\xE2\x80\xAE"))) << format->name;
    EXPECT_THAT(text, Not(HasSubstr("\xFF"))) << format->name;
    if (format->extension != ".html" && format->extension != ".md") continue;
    EXPECT_THAT(text, Not(HasSubstr("<script>alert"))) << format->name;
    EXPECT_THAT(text, Not(HasSubstr("<img"))) << format->name;
    if (format->name == "html") {
      EXPECT_THAT(text, Not(HasSubstr("\"onmouseover")));
    }
  }
}

TEST(PprofReport, IsAnErrorWithoutAProfile) {
  EXPECT_THROW(written("pprof", clean_document()), Error);
}

TEST(MarkdownReport, StaysShortWhateverWasFound) {
  Document document = sample_document();
  std::vector<Frame> deep(200,
                          Frame{.function = std::string(5000, 'f'), .file = "a.cpp", .line = 1});
  document.sites[0].example.stacks[0].frames = CallStack(deep);
  for (int i = 0; i < 1000; ++i) {
    document.sites.push_back(document.sites[0]);
    document.warnings.push_back("a warning");
  }
  const std::string text = written("markdown", document);
  EXPECT_LE(std::ranges::count(text, '\n'), 60);
  EXPECT_LE(text.size(), 65'536U);  // what GitHub takes
  EXPECT_THAT(text, HasSubstr("990 more."));
}

TEST(MarkdownReport, ANameCannotAddAColumnOrALine) {
  const std::string text = written("markdown", hostile_document());
  Lines lines("text", text);
  int rows = 0;
  while (lines.next()) {
    if (!lines.line().starts_with("|")) continue;
    EXPECT_EQ(std::ranges::count(lines.line(), '|'), 7) << lines.line();
    ++rows;
  }
  EXPECT_EQ(rows, 2 + 5);
}

TEST(FoldedReport, WritesTheProfileElseTheLeaks) {
  Document document = sample_document();
  EXPECT_EQ(written("folded", document),
            "main;serve;Cache::insert(std::string const&, Entry&&) 3145728\n"
            "main;serve;handle_leak 3200\n");
  document.profiles.clear();
  EXPECT_THAT(written("folded", document), HasSubstr("main;serve;handle_leak;malloc 3200\n"));
}

TEST(FoldedReport, ANameCannotAddAFrameOrALine) {
  Document document = sample_document();
  document.profiles[0].describe(FrameId{0}, {.function = "a;b\nc 1"});
  EXPECT_THAT(written("folded", document), HasSubstr("a:b\\x0ac 1;serve;handle_leak 3200\n"));
}

TEST(Thinned, KeepsTheEndsAndTheExtremes) {
  std::vector<Point> points;
  for (int i = 0; i < 10'000; ++i) points.push_back({.at = i, .value = 5});
  points[4321].value = 9;
  points[4322].value = 1;
  const std::vector<Point> thin = thinned(points, 100);
  EXPECT_LE(thin.size(), 100U);
  EXPECT_EQ(thin.front(), points.front());
  EXPECT_EQ(thin.back(), points.back());
  EXPECT_THAT(thin, testing::Contains(points[4321]));
  EXPECT_THAT(thin, testing::Contains(points[4322]));
  EXPECT_TRUE(std::ranges::is_sorted(thin, {}, &Point::at));
  EXPECT_THAT(thinned({{1, 1}, {2, 2}}, 100), ElementsAre(Point{1, 1}, Point{2, 2}));
}

}  // namespace
}  // namespace tidemark
