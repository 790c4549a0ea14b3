#include "tools/leakwatch/view/screen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/leakwatch/view/bars.h"

namespace tidemark::leakwatch {
namespace {

using soak::Column;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

constexpr Look kPlainLook = {.colour = false, .unicode = true};

Shown leaking() {
  Shown shown{.target = "service --port 1", .started_ms = 1'000'000, .now_ms = 8'200'000};
  shown.viewed_ms = 1'000'000;
  shown.watched_ms = 7'200'000;
  shown.settings.for_ms = 86'400'000;
  shown.values.set(Column::kAnon, 300 << 20);
  shown.values.set(Column::kRss, 320 << 20);
  shown.values.set(Column::kOwnCpu, 7'200'000);
  shown.values.set(Column::kOwnRss, 5 << 20);
  shown.verdict.answer = verdict::Answer::kLeak;
  shown.verdict.confidence = 0.9995;
  shown.verdict.growth_bytes_per_day = verdict::Estimate{120e6, 110e6, 130e6};
  shown.verdict.onset_s = 4000;
  shown.verdict.text = "leak: grows 120 MB ± 10 MB in 24 h; steadily, unlike a cache";
  shown.processes = {{.pid = 4711, .name = "service", .anon_bytes = 300 << 20}};
  for (std::int64_t at = 1'000'000; at <= 8'200'000; at += 10'000) {
    shown.memory.add(at, (280 << 20) + (at - 1'000'000) * 3);
    shown.load.add(at, 1'234'000);
  }
  return shown;
}

// Without the escape sequences.
std::string visible(const std::string& line) {
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\x1b') {
      while (line[i] != 'm') ++i;
    } else {
      out += line[i];
    }
  }
  return out;
}

std::string page(const Shown& shown, const ScreenSize& size, Look look = kPlainLook) {
  std::string out;
  for (const std::string& line : screen_lines(shown, size, look)) out += visible(line) + "\n";
  return out;
}

TEST(LiveScreen, HasTheVerdictSizeGrowthChartLoadProcessesAndOwnCostIn80x24) {
  const std::string text = page(leaking(), {.rows = 24, .columns = 80});
  for (const char* const part :
       {"leakwatch service --port 1", "2 h 00 min of 1 d 00 h",
        "▌ leak: grows 120 MB ± 10 MB in 24 h", "anon 300.0 MiB · rss 320.0 MiB",
        "120 MB ± 10 MB in 24 h · gate 50 MB", "beyond it: over 99.9 %", "█", "▲", "1,234/s",
        "4711", "0.10 % of a core"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(LiveScreen, FitsAnyTerminal) {
  Shown shown = leaking();
  shown.sites.assign(20, {.name = "f (f.c:1)", .rate = "1 MiB", .trend = "grows"});
  shown.processes.assign(30, {.pid = 1, .name = std::string(40, 'x')});
  shown.notes.assign(8, std::string(300, 'n'));
  for (std::size_t rows = 1; rows < 60; ++rows) {
    for (const std::size_t columns : {1U, 2U, 9U, 20U, 40U, 79U, 80U, 132U, 250U}) {
      const auto lines = screen_lines(shown, {.rows = rows, .columns = columns}, kPlainLook);
      ASSERT_LE(lines.size(), rows);
      for (const std::string& line : lines) ASSERT_LT(columns_of(visible(line)), columns);
    }
  }
}

TEST(LiveScreen, ShowsNamesAsText) {
  Shown shown = leaking();
  shown.target = "evil\x1b]0;x\x07";
  shown.processes[0].name = "a\x1b[2Jb\xff\n";
  shown.notes = {"line\rover"};
  const std::string text = page(shown, {.rows = 30, .columns = 100});
  EXPECT_THAT(text, AllOf(HasSubstr("evil\\x1b]0;x\\x07"), HasSubstr("a\\x1b[2Jb\\xff\\x0a"),
                          HasSubstr("line\\x0dover"), Not(HasSubstr("\r"))));
}

TEST(LiveScreen, NamesTheSitesThatGrow) {
  Shown shown = leaking();
  shown.sites = {{.name = "f (f.c:1)", .rate = "1.0 ±0.1 MiB", .trend = "grows"},
                 {.name = "g (g.c:2)", .rate = "9.0 KiB", .trend = "fills"}};
  EXPECT_THAT(page(shown, {.rows = 24, .columns = 80}),
              AllOf(HasSubstr("1.0 ±0.1 MiB  f (f.c:1)"), HasSubstr("9.0 KiB  fills: g (g.c:2)")));
}

TEST(LiveScreen, IsAsciiWhereThereIsNothingElse) {
  Shown shown = leaking();
  shown.processes[0].name = "größe";
  const std::string text =
      page(shown, {.rows = 24, .columns = 80}, {.colour = false, .unicode = false});
  EXPECT_TRUE(std::ranges::all_of(text, [](char c) { return c == '\n' || (c >= ' ' && c < 127); }));
  EXPECT_THAT(text, AllOf(HasSubstr("120 MB +- 10 MB"), HasSubstr("gr??e")));
}

TEST(LiveScreen, HasNoColourUnlessWanted) {
  for (const bool colour : {true, false}) {
    std::string text;
    for (const std::string& line : screen_lines(leaking(), {.rows = 24, .columns = 80},
                                                {.colour = colour, .unicode = true})) {
      text += line;
    }
    EXPECT_EQ(text.find("\x1b[1;31m") != std::string::npos, colour);
    EXPECT_EQ(text.find("\x1b[36m") != std::string::npos, colour);
  }
}

TEST(LiveScreen, SaysWhenNothingLives) {
  Shown shown = leaking();
  shown.alive = false;
  EXPECT_THAT(page(shown, {.rows = 24, .columns = 80}), HasSubstr("nothing of the target lives"));
}

TEST(Bars, AreAnEighthHighAtLeastAndAllOfTheRowsAtMost) {
  EXPECT_THAT(bars({0.0, 1.0, std::nullopt}, {.low = 0, .high = 1}, 2), ElementsAre(" █ ", "▁█ "));
}

TEST(Bars, TakeTheMeanOfASpanAndKeepTheValueBefore) {
  soak::Envelope series;
  series.add(0, 1);
  series.add(10, 3);
  series.add(90, 8);
  EXPECT_THAT(columns_of(series, {.from_ms = 0, .to_ms = 100}, 4), ElementsAre(2.0, 2.0, 2.0, 8.0));
}

TEST(Line, CutsBetweenCharactersAndCountsWideOnesTwice) {
  EXPECT_EQ(fitted("größe", 4), "grö…");
  EXPECT_EQ(fitted("日本語", 5), "日本…");
  EXPECT_EQ(columns_of("日本語"), 6);
  EXPECT_EQ(columns_of("e\xCC\x81"), 1);
}

TEST(Line, WrapsBetweenWords) {
  EXPECT_THAT(wrapped("one two three", 8, 3), ElementsAre("one two", "three"));
  EXPECT_THAT(wrapped("one two three", 8, 1), ElementsAre("one two…"));
  EXPECT_THAT(wrapped("abcdefghij", 4, 9), ElementsAre("abcd", "efgh", "ij"));
}

}  // namespace
}  // namespace tidemark::leakwatch
