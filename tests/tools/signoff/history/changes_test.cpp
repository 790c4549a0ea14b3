#include "tools/signoff/history/changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tools/signoff/history/simulated.h"

namespace tidemark::signoff {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

using Level = std::function<double(std::size_t)>;

Simulated memory(const Level& level, std::uint64_t seed = 1) {
  return {.metrics = {{.metric = "rss.steady", .unit = "bytes", .level = level}}, .seed = seed};
}

std::vector<std::string> texts(const std::vector<HistoryChange>& changes) {
  std::vector<std::string> out;
  for (const HistoryChange& change : changes) {
    out.push_back(metric_text(change.line) + " " + text_of(change));
  }
  return out;
}

TEST(Changes, AStepOfSixPercentIsFoundAtItsVersion) {
  const auto changes = changes_of(simulate(
      memory([](std::size_t at) { return at < 40 ? 100.0 * (1 << 20) : 106.0 * (1 << 20); })));
  ASSERT_EQ(changes.size(), 1U);
  const HistoryChange& change = changes[0];
  EXPECT_EQ(change.after, commit_of(39));
  EXPECT_EQ(change.by, commit_of(40));
  EXPECT_NEAR(change.share.value_or(0), 0.06, 0.01);
  EXPECT_TRUE(change.worse);
  EXPECT_THAT(
      text_of(change),
      MatchesRegex("grew [56]\\.[0-9] % \\([0-9.]+ to [0-9.]+ %\\) between c0039 and c0040: "
                   "[0-9.]+ MiB to [0-9.]+ MiB"));
}

TEST(Changes, ACreepOfFourInAThousandIsFoundOverManyVersions) {
  const auto changes = changes_of(simulate(memory([](std::size_t at) {
    return 1e8 * (1 + 0.004 * (at < 36 ? 0.0 : static_cast<double>(at - 35)));
  })));
  ASSERT_EQ(changes.size(), 1U);
  const HistoryChange& change = changes[0];
  EXPECT_EQ(change.kind, HistoryChange::Kind::kCreep);
  EXPECT_TRUE(change.goes_on);
  EXPECT_NEAR(static_cast<double>(change.versions), 24, 6);
  EXPECT_NEAR(change.share.value_or(0), 0.096, 0.02);
  EXPECT_THAT(text_of(change),
              MatchesRegex("crept up [0-9.]+ % \\([0-9.]+ to [0-9.]+ %\\) over the "
                           "last [0-9]+ versions, 0\\.[345] % each: .*"));
}

// The nights of `versions` versions, of which those from the fortieth on take 6 % more.
std::vector<HistoryEntry> stepped(std::size_t versions) {
  Simulated simulated = memory([](std::size_t at) { return at < 40 ? 1e8 : 1.06e8; });
  simulated.versions = versions;
  return simulate(simulated);
}

TEST(Changes, OfTheLatestVersionIsAStepAsSoonAsItCanBeSeen) {
  EXPECT_THAT(worse_in_latest(stepped(41)), IsEmpty());
  EXPECT_THAT(texts(worse_in_latest(stepped(42))), ElementsAre(StartsWith("rss.steady grew ")));
  EXPECT_THAT(worse_in_latest(stepped(43)), IsEmpty());
}

TEST(Changes, OfTheLatestVersionIsACreepWhileItGoesOn) {
  const auto creep = [](std::size_t at) {
    return 1e8 * (1 + 0.004 * (at < 36 ? 0.0 : static_cast<double>(at - 35)));
  };
  EXPECT_THAT(texts(worse_in_latest(simulate(memory(creep)))),
              ElementsAre(StartsWith("rss.steady crept up ")));
}

TEST(Changes, OfTheLatestVersionAreThoseOfItsFlavour) {
  std::vector<HistoryEntry> entries = stepped(42);
  entries.push_back(entries.back());
  entries.back().flavour = "asan";
  EXPECT_THAT(worse_in_latest(entries), IsEmpty());
}

TEST(Changes, QuietYearsHaveNone) {
  int changed = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    if (!changes_of(simulate(memory([](auto) { return 1e8; }, seed))).empty()) ++changed;
  }
  EXPECT_LE(changed, 5);
}

TEST(Changes, OfTwoYearsAreExactlyThoseThatWerePlanted) {
  EXPECT_THAT(texts(changes_of(simulate(two_years()))),
              ElementsAre(StartsWith("leaks.bytes grew 3.125 KiB between c0089 and c0090"),
                          StartsWith("rss.steady crept up "), StartsWith("rss.peak grew "),
                          StartsWith("search.p95 fell ")));
}

TEST(Changes, MoreOfWhatIsWantedIsBetter) {
  Simulated simulated = memory([](std::size_t at) { return at < 30 ? 1000.0 : 1200.0; });
  simulated.metrics[0].metric = "rate";
  simulated.metrics[0].unit = "1/second";
  EXPECT_FALSE(changes_of(simulate(simulated)).at(0).worse);
}

TEST(Changes, SeveralNightsOfAVersionAreOneStepOfVersions) {
  Simulated simulated = memory([](std::size_t at) { return at < 6 ? 100.0 : 106.0; });
  simulated.versions = 12;
  simulated.nights = 5;
  simulated.repetitions = 3;
  const auto changes = changes_of(simulate(simulated));
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].by, commit_of(6));
}

TEST(Changes, FewVersionsGiveNone) {
  Simulated simulated = memory([](std::size_t at) { return at < 2 ? 100.0 : 200.0; });
  simulated.versions = 5;
  const auto lines = studied(simulate(simulated));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(lines[0].found.too_few);
  EXPECT_THAT(lines[0].changes, IsEmpty());
}

TEST(Changes, LinesWithChangesComeFirstTheWorstOfThemBeforeOthers) {
  const auto lines = studied(simulate(two_years()));
  ASSERT_EQ(lines.size(), 8U);
  std::vector<std::string> metrics;
  for (const StudiedLine& line : lines) metrics.push_back(line.line.key.metric);
  EXPECT_THAT(metrics, ElementsAre("leaks.bytes", "rss.steady", "rss.peak", "search.p95", "errors",
                                   "growth", "heap.peak", "rate"));
}

}  // namespace
}  // namespace tidemark::signoff
