#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/load/histogram.h"
#include "lib/load/hlog.h"
#include "lib/run/load_file.h"
#include "lib/run/series_db.h"
#include "tests/lib/load/sample_run.h"
#include "tests/lib/scratch.h"
#include "tools/pressure/report/load_charts.h"
#include "tools/pressure/report/load_html.h"
#include "tools/pressure/report/load_run.h"
#include "tools/pressure/report/load_tables.h"
#include "tools/pressure/report/load_text.h"
#include "tools/pressure/report/load_words.h"
#include "tools/pressure/report/report_verb.h"

namespace tidemark::pressure {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

const LoadRun& sample() {
  static const LoadRun kRun = [] {
    const Scratch scratch;
    load::write_sample_run(scratch.path);
    return read_load_run(scratch.path);
  }();
  return kRun;
}

std::size_t count_of(const std::string& text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
    ++count;
  return count;
}

TEST(LoadReport, SaysFirstWhichLimitIsCrossedAndByHowMuch) {
  const std::string html = load_html(sample());
  EXPECT_THAT(html, HasSubstr("<h1>1 of 6 limits is crossed: p95@x10 &lt; 10ms, measured 51.8 ms"));
  EXPECT_LT(html.find("<h1>"), html.find("<svg class=\"plot"));
}

TEST(LoadReport, EveryLimitIsThereWithItsMeasure) {
  const std::string html = load_html(sample());
  for (const load::LimitResult& limit : sample().result.limits)
    EXPECT_THAT(html, ContainsRegex(std::string(name_of(limit.state)) + "</td><td>" +
                                    limit.limit.text.substr(0, limit.limit.text.find(' '))));
  EXPECT_THAT(html, HasSubstr("<td>17.3 ms</td>"));
  EXPECT_THAT(html, HasSubstr("too short to tell"));
}

TEST(LoadReport, LoadsNothingFromAnywhere) {
  const std::string html = load_html(sample());
  for (const char* const way : {" src=", "url(", "@import", "<link rel=\"style", "href=\"http"})
    EXPECT_THAT(html, Not(HasSubstr(way)));
}

TEST(LoadReport, NamesAreUntrustedText) {
  LoadRun run = sample();
  run.result.scenario = "<script>alert(1)</script>\x1b[31m";
  run.result.stages[0].name = "\"><img>";
  run.result.labels[0].label = "</svg>|`x`";
  run.result.warnings = {"<b>"};
  for (const std::string& text : {load_html(run), load_junit(run)}) {
    EXPECT_THAT(text, Not(HasSubstr("<script>alert")));
    EXPECT_THAT(text, Not(HasSubstr("<img>")));
    EXPECT_THAT(text, Not(HasSubstr("<b>\n")));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  }
  EXPECT_THAT(load_text(run), Not(HasSubstr("\x1b")));
  EXPECT_THAT(load_markdown(run), Not(HasSubstr("</svg>|")));
}

TEST(LoadReport, DrawsLatencyThroughputFailuresAndMemoryOnOneAxis) {
  const std::string chart = time_chart(sample());
  for (const char* const panel : {">latency<", ">answers a second<", ">failures a second, by kind<",
                                  ">memory of the target<"})
    EXPECT_EQ(count_of(chart, panel), 2U + (std::string_view(panel) == ">answers a second<"))
        << panel;
  EXPECT_EQ(count_of(chart, "class=\"band b0\""), 2U);
  EXPECT_THAT(chart, HasSubstr("fault: pause 1s"));
  EXPECT_THAT(chart, HasSubstr("stage x10"));
}

TEST(LoadReport, HasALineByPercentileForEachLabel) {
  const std::string chart = percentile_chart(sample().result);
  for (const char* const tick : {">p50<", ">p99<", ">p99.999<"})
    EXPECT_THAT(chart, HasSubstr(tick));
  EXPECT_EQ(count_of(chart, "class=\"line\""), 2 * 4U);
  EXPECT_THAT(chart, HasSubstr("add &lt;document&gt;"));
}

TEST(LoadReport, DrawsTheLadderWithItsLawAndKnee) {
  const std::string chart = ladder_chart(*sample().result.scalability);
  EXPECT_THAT(chart, HasSubstr("knee at 28"));
  EXPECT_THAT(chart, HasSubstr("class=\"band usl\""));
  EXPECT_EQ(count_of(chart, "<circle"), 2 * 7U);
  EXPECT_EQ(ladder_chart({}), "");
}

TEST(LoadReport, TimesAreMergedExactlyHoweverLongTheRun) {
  std::int64_t values = 0;
  for (const LoadRun::Stretch& stretch : sample().stretches) values += stretch.answers;
  EXPECT_EQ(values, sample().result.find("", "")->response.count());
  EXPECT_LE(sample().stretches.size(), 240U);
}

TEST(LoadReport, WhatIsNotInTheOrderOfTimeIsLeftOutAndSaid) {
  const Scratch scratch;
  load::write_sample_run(scratch.path);
  const std::int64_t start = sample().result.start_ms;
  load::Histogram one;
  one.record(1'000'000);
  load::IntervalLog log(scratch.path / "load.hlog", start);
  for (const std::int64_t second : {1, 5, 2, 6}) log.write("", start + second * 1000, 1000, one);
  const LoadRun run = read_load_run(scratch.path);
  std::int64_t answers = 0;
  for (const LoadRun::Stretch& stretch : run.stretches) answers += stretch.answers;
  EXPECT_EQ(answers, 3);
  ASSERT_THAT(run.notes, SizeIs(1));
  EXPECT_THAT(run.notes[0], HasSubstr("load.hlog: 1 interval not in the order of time"));
}

TEST(LoadReport, ASeriesOfManyPointsIsReadAsMeans) {
  const Scratch scratch;
  load::RunResult result = load::sample_run();
  result.start_ms = 1'000'000'000'000;
  result.end_ms = result.start_ms + 86'400'000;
  write_file(scratch.path / kLoadFile, to_json(result));
  {
    SeriesWriter writer = SeriesWriter::open(scratch.path / "series.db");
    const SeriesId rate = writer.add("load.rate", "count");
    for (std::int64_t second = 0; second < 86'400; ++second)
      writer.append(rate, result.start_ms + second * 1000, second % 2 * 200);
  }
  const LoadRun run = read_load_run(scratch.path);
  const Series* rate = run.find("load.rate");
  ASSERT_NE(rate, nullptr);
  EXPECT_LE(rate->points.size(), 2401U);
  EXPECT_EQ(rate->points.at(1000).value, 100);
  EXPECT_EQ(rate->points.at(1000).at, 36'000'000);
}

TEST(LoadReport, WhatIsMissingOrDamagedIsSaid) {
  const Scratch scratch;
  load::write_sample_run(scratch.path);
  std::filesystem::remove(scratch.path / "series.db");
  write_file(scratch.path / "load.hlog", "no log\n");
  const LoadRun run = read_load_run(scratch.path);
  ASSERT_THAT(run.notes, SizeIs(2));
  EXPECT_THAT(run.notes[0], HasSubstr("load.hlog:1: expected"));
  EXPECT_EQ(run.notes[1], "there is no series.db beside load.json");
  EXPECT_THAT(load_html(run), HasSubstr("there is no series.db"));
  EXPECT_THAT(load_text(run), HasSubstr("note: there is no series.db"));
}

TEST(LoadReport, ADirectoryWithoutALoadIsAnError) {
  const Scratch scratch;
  EXPECT_THROW(read_load_run(scratch.path), Error);
}

TEST(LoadReport, ARunThatIsNoMeasurementSaysWhy) {
  load::RunResult result = load::sample_run();
  result.ending = load::Ending::kNotValid;
  result.why = "the driver was too slow: send lag p99 4 ms, more than 1 ms";
  EXPECT_EQ(headline(result), result.why);
  EXPECT_EQ(mark_of(result.ending), "not a measurement");
  EXPECT_EQ(exit_code(result.ending), 4);
  EXPECT_THAT(load_junit({.result = result}),
              HasSubstr("<error message=\"the driver was too slow"));
}

TEST(LoadReport, HeadlinesOfRunsThatPass) {
  load::RunResult result;
  EXPECT_EQ(headline(result), "The load ran to its end; no limits were set");
  result.limits.push_back({.limit = load::parse_limit("p95 < 1s", "limit"),
                           .state = load::LimitResult::State::kPassed});
  EXPECT_EQ(headline(result), "The limit held");
  result.limits.push_back(result.limits[0]);
  EXPECT_EQ(headline(result), "All 2 limits held");
  result.limits[0].state = load::LimitResult::State::kNotApplicable;
  EXPECT_EQ(headline(result), "1 of 2 limits held, none is crossed");
}

TEST(LoadReport, AJUnitSuiteHasACaseForEachLimit) {
  const std::string xml = load_junit(sample());
  EXPECT_THAT(xml, HasSubstr("tests=\"7\" failures=\"1\" errors=\"0\" skipped=\"2\""));
  EXPECT_THAT(xml, HasSubstr("<failure message=\"measured 51.8 ms\"/>"));
}

TEST(LoadReport, AnEmptyRunHasAReport) {
  const LoadRun run;
  EXPECT_THAT(load_html(run), HasSubstr("The load ran to its end"));
  EXPECT_EQ(time_chart(run), "");
  EXPECT_EQ(percentile_chart(run.result), "");
}

int run(std::vector<std::string> words) {
  static constexpr std::array<cli::Verb, 1> kVerbs = {kReportVerb};
  static constexpr cli::Tool kTool{.name = "pressure", .summary = "load", .verbs = kVerbs};
  words.insert(words.begin(), {"pressure", "report"});
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  return cli::run_tool(kTool, static_cast<int>(argv.size()), argv.data());
}

TEST(LoadReport, TheVerbWritesEveryFormatAndEndsAsTheRunDid) {
  const Scratch scratch;
  load::write_sample_run(scratch.path);
  const auto written = [&](const std::string& name) {
    EXPECT_EQ(run({scratch.path.string(), "-o", (scratch.path / name).string()}), 1) << name;
    return std::string(read_file(scratch.path / name).bytes());
  };
  EXPECT_THAT(written("report.html"), HasSubstr("<!doctype html>"));
  EXPECT_EQ(written("again.json"), std::string(read_file(scratch.path / kLoadFile).bytes()));
  EXPECT_THAT(written("report.xml"), HasSubstr("<testsuites>"));
  EXPECT_THAT(written("report.md"), HasSubstr("| search | 97,200 |"));
  EXPECT_THAT(written("report.txt"), HasSubstr("limit crossed: 1 of 6 limits is crossed"));
  EXPECT_EQ(run({(scratch.path / "nothing").string()}), 3);
}

TEST(LoadReport, IsTheSameEachTime) {
  const Scratch scratch;
  load::write_sample_run(scratch.path);
  EXPECT_EQ(load_html(read_load_run(scratch.path)), load_html(sample()));
}

}  // namespace
}  // namespace tidemark::pressure
