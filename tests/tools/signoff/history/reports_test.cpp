#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "lib/cli/line.h"
#include "tests/tools/signoff/history/simulated.h"
#include "tools/signoff/history/history_html.h"
#include "tools/signoff/history/history_json.h"
#include "tools/signoff/history/history_text.h"
#include "tools/signoff/history/plot.h"
#include "tools/signoff/history/rule_lines.h"

namespace tidemark::signoff {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr cli::Look kPlain{.colour = false, .unicode = false};
constexpr cli::Look kUnicode{.colour = false, .unicode = true};

std::vector<StudiedLine> lines_with(const std::function<double(std::size_t)>& level,
                                    std::size_t versions) {
  return studied(simulate(
      {.versions = versions,
       .metrics = {{.metric = "leaks.blocks", .unit = "count", .noise = 0, .level = level}}}));
}

StudiedLine stairs() {
  return lines_with([](std::size_t at) { return at < 4 ? 0.0 : 8.0; }, 8).at(0);
}

TEST(Plot, IsAColumnForEachVersion) {
  EXPECT_THAT(plot_of(stairs(), {.columns = 20, .rows = 1}, kUnicode), ElementsAre("▁▁▁▁████"));
  EXPECT_THAT(plot_of(stairs(), {.columns = 20, .rows = 2}, kPlain),
              ElementsAre("    ####", "....####"));
}

TEST(Plot, ManyVersionsShareAColumn) {
  EXPECT_THAT(plot_of(stairs(), {.columns = 4, .rows = 1}, kUnicode), ElementsAre("▁▁██"));
}

TEST(Plot, MarksWhereALineStepped) {
  EXPECT_EQ(marks_of(stairs(), {.columns = 20}, kPlain), "    ^");
  EXPECT_EQ(marks_of(stairs(), {.columns = 4}, kUnicode), "  ▲");
}

TEST(Plot, OneBadNightDoesNotFlattenTheOthers) {
  const auto lines =
      lines_with([](std::size_t at) { return at == 5 ? 1e6 : static_cast<double>(at % 2); }, 12);
  EXPECT_EQ(plot_of(lines.at(0), {.columns = 20, .rows = 1}, kUnicode).at(0), "▁█▁█▁█▁█▁█▁█");
}

TEST(HistoryText, SaysWhatChangedAndWhatDidNot) {
  const std::string text = history_text(studied(simulate(two_years())), {}, 100, kPlain);
  EXPECT_THAT(text, AllOf(HasSubstr("normal: rss.peak\n  nightly, bench-1, release\n"),
                          HasSubstr("between c0039 and c0040: 120 MiB to 127"),
                          HasSubstr("in c0055 stands alone"),
                          HasSubstr("4 of 8 metrics changed, 3 for the worse\n")));
}

TEST(HistoryText, SaysWhenThereAreTooFewVersions) {
  const std::string text = history_text(lines_with([](auto) { return 1.0; }, 3), {}, 80, kPlain);
  EXPECT_THAT(text, HasSubstr("too few versions to tell changes from chance: 3 of 6"));
}

TEST(HistoryText, FitsTheTerminal) {
  const std::string text = history_text(studied(simulate(two_years())), {}, 40, kUnicode);
  std::vector<std::size_t> widths;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    widths.push_back(cli::columns_of(std::string_view(text).substr(at, end - at)));
    at = end + 1;
  }
  EXPECT_THAT(widths, Each(testing::Le(40U)));
}

std::vector<StudiedLine> wicked() {
  auto entries = simulate(two_years());
  for (HistoryEntry& entry : entries) {
    entry.commit += "</title><script>alert(1)</script>\x1b[2J\"'";
    entry.campaign = "=1+1,\"x\"";
    entry.host = "\xff\x00";
  }
  return studied(entries);
}

TEST(HistoryText, LabelsCannotDriveATerminal) {
  EXPECT_THAT(history_text(wicked(), {}, 80, kUnicode), Not(HasSubstr("\x1b")));
}

TEST(HistoryHtml, LabelsAreOnlyText) {
  const std::string page = history_html(wicked(), {});
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(page, Not(HasSubstr("\x1b")));
  EXPECT_THAT(page, Not(HasSubstr("{{")));
}

TEST(HistoryHtml, MarksEachStepInItsChart) {
  const std::string page = history_html(studied(simulate(two_years())), {});
  EXPECT_THAT(page, AllOf(HasSubstr("class=\"change worse\""), HasSubstr(">+6.1 %</text>"),
                          HasSubstr("class=\"change better\""), HasSubstr(">-15.8 %</text>"),
                          HasSubstr("class=\"alone\"")));
}

TEST(HistoryHtml, EqualHistoriesGiveEqualPages) {
  EXPECT_EQ(history_html(studied(simulate(two_years())), {}),
            history_html(studied(simulate(two_years())), {}));
}

TEST(HistoryJson, HasEveryPointAndChange) {
  const std::string json = history_json({stairs()}, {});
  EXPECT_THAT(json, AllOf(HasSubstr(R"("kind":"step","worse":true,"after":"c0003","by":"c0004")"),
                          HasSubstr(R"("from":0,"to":8,"low":8,"high":8,"share":null)"),
                          HasSubstr(R"("commit":"c0007")")));
}

std::vector<RuleLine> rules_of(const std::vector<std::vector<std::string>>& nights) {
  std::vector<HistoryEntry> entries;
  for (const auto& states : nights) {
    HistoryEntry entry{.campaign = "nightly", .commit = commit_of(entries.size()), .host = "h"};
    for (const std::string& state : states) {
      entry.rules.push_back(
          {.phase = "p", .rule = "r" + std::to_string(entry.rules.size()), .state = state});
    }
    entries.push_back(std::move(entry));
  }
  return rule_lines(entries, "*");
}

const std::vector<std::vector<std::string>> kNights = {
    {"passed", "failed"}, {"passed", "waived"}, {"failed", "inconclusive"}, {"not done", "passed"}};

TEST(RuleLines, AreStripsOfNightsThoseThatDoNotPassFirst) {
  const auto rules = rules_of(kNights);
  ASSERT_EQ(rules.size(), 2U);
  EXPECT_EQ(strip_of(rules[0], 60, kUnicode), "✓✓✗·");
  EXPECT_EQ(strip_of(rules[1], 60, kPlain), "xw?+");
  EXPECT_EQ(strip_of(rules[1], 2, kPlain), "?+");
  EXPECT_EQ(summary_of(rules[0]), "passed in 2 of 4 nights; not done in c0003, the latest");
  EXPECT_EQ(summary_of(rules[1]), "passed in 1 of 4 nights");
}

TEST(RuleLines, AreInEveryReport) {
  const auto rules = rules_of(kNights);
  EXPECT_THAT(history_text({}, rules, 80, kPlain), HasSubstr("p: r0\n  nightly, h\n  ++x.\n"));
  EXPECT_THAT(history_html({stairs()}, rules),
              HasSubstr("<i class=\"failed\" title=\"c0002: failed\"></i>"));
  EXPECT_THAT(history_json({}, rules),
              HasSubstr(R"({"version":"c0002","started_ms":0,"state":"failed"})"));
}

TEST(HistoryCsv, HasARowForEachVersion) {
  const std::string csv = history_csv({stairs()});
  EXPECT_EQ(std::ranges::count(csv, '\n'), 9);
  EXPECT_THAT(csv, HasSubstr("nightly,normal,leaks.blocks,,count,bench-1,release,1,1.4,c0004,"
                             "1702419200000,1,8,,8,step\r\n"));
}

TEST(HistoryCsv, CellsAreNoFormulas) {
  EXPECT_THAT(history_csv(wicked()), HasSubstr("\n\"'=1+1,\"\"x\"\"\",normal,"));
}

}  // namespace
}  // namespace tidemark::signoff
