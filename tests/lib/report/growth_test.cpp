#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "lib/analyze/growth_report.h"
#include "lib/base/error.h"
#include "lib/report/fate_text.h"
#include "lib/report/growth_json.h"
#include "lib/report/growth_text.h"
#include "lib/report/survival_chart.h"

namespace tidemark {
namespace {

using testing::HasSubstr;
using testing::Not;

Profile heap(double leaked, double cached, const std::string& name) {
  Profile profile(
      {{.name = "inuse_objects", .unit = "count"}, {.name = "inuse_space", .unit = "bytes"}});
  const StackId main = profile.push(kRoot, profile.intern({.function = "main"}));
  const auto add = [&](Frame frame, double bytes) {
    const auto whole = static_cast<std::int64_t>(bytes);
    profile.add(profile.push(main, profile.intern(frame)), std::vector{whole / 100, whole});
  };
  add({.function = name, .file = "/src/service.cpp", .line = 41}, leaked);
  add({.function = "cache"}, cached);
  return profile;
}

// A leak of 1 MB an hour and a cache that is full after an hour of three.
GrowthReport report(int snapshots = 31, const std::string& name = "handle_leak") {
  SiteHistory history;
  for (int i = 0; i < snapshots; ++i) {
    history.add({.at_ms = 1'790'000'000'000 + i * 360'000},
                heap(1e5 * i + 1e6, 5e6 * (1 - std::exp(-i / 5.0)), name));
  }
  return growth_report(history);
}

TEST(GrowthText, NamesTheSiteFirst) {
  const std::string text = growth_text(report(), {.width = 0});
  EXPECT_THAT(text, testing::StartsWith("1 of 2 allocation sites grows, by 976.6 KiB an hour: "
                                        "handle_leak (service.cpp:41)."));
  EXPECT_THAT(text, HasSubstr("31 heap profiles in 3 h 00 min"));
  EXPECT_THAT(text, HasSubstr("fills:"));
}

// The same, whose leak was seen through a sampler for three hours.
GrowthReport sampled_report() {
  GrowthReport sampled = report();
  std::vector<Lifetime> lifetimes;
  for (int i = 0; i < 300; ++i) {
    lifetimes.push_back({.low_s = 36.0 * i, .high_s = i % 50 == 7 ? 36.0 * i + 36 : kStillAlive});
  }
  sampled.sites[0].survival = survival_of(lifetimes, 10'800);
  sampled.sites[0].fate = Fate::kLeak;
  sampled.sites[0].bytes_per_million_requests = RateEstimate{2e6, 1.9e6, 2.1e6};
  return sampled;
}

TEST(WhyText, NamesTheSiteItsGrowthAndWhatBecomesOfItsBlocks) {
  EXPECT_THAT(why_text(sampled_report()),
              testing::MatchesRegex(
                  "100 % of the growth at service.cpp:41 \\(handle_leak\\), 976.6 .*KiB an hour "
                  "\\(1.9 ±0.1 MiB a million requests\\); blocks there do not die: [0-9]+ % "
                  "\\([0-9]+ to [0-9]+\\) live after 3 h 00 min"));
}

TEST(WhyText, IsEmptyWhenNothingGrowsOrNothingWasJudged) {
  EXPECT_EQ(why_text(report(4)), "");
  GrowthReport none = report();
  for (SiteGrowth& growth : none.sites) growth.trend = SiteTrend::kFills;
  EXPECT_EQ(why_text(none), "");
}

TEST(FateText, SaysOfACacheWhenItsBlocksAreGone) {
  SiteGrowth growth;
  growth.fate = Fate::kCache;
  growth.survival = survival_of(std::vector<Lifetime>{{.low_s = 600, .high_s = 601, .count = 100},
                                                      {.low_s = 500, .count = 80}},
                                3600);
  EXPECT_EQ(fate_text(growth), "blocks there are replaced: 95 % are gone after 10 min 30 s");
}

TEST(FateText, IsEmptyWhereNothingIsKnownOfTheBlocks) {
  EXPECT_EQ(fate_text(report().sites.at(0)), "");
}

TEST(SurvivalChart, DrawsTheCurveAndItsBand) {
  const std::string svg = survival_chart(sampled_report().sites.at(0).survival);
  EXPECT_THAT(svg, testing::StartsWith("<svg class=\"survival\""));
  EXPECT_THAT(svg, HasSubstr("class=\"spread\""));
  EXPECT_THAT(svg, HasSubstr("class=\"line\""));
  EXPECT_EQ(survival_chart({}), "");
}

TEST(GrowthJson, KeepsTheCurveTheFateAndTheGrowthPerRequest) {
  const GrowthReport before = sampled_report();
  const std::string text = to_growth_json(before);
  const GrowthReport after = growth_from_json("sites.json", text);
  EXPECT_EQ(to_growth_json(after), text);
  EXPECT_EQ(after.sites.at(0).fate, Fate::kLeak);
  EXPECT_EQ(after.sites.at(0).survival.steps.size(), before.sites.at(0).survival.steps.size());
  EXPECT_EQ(why_text(after), why_text(before));
}

TEST(GrowthJson, RefusesACurveThatIsNone) {
  std::string text = to_growth_json(sampled_report());
  const std::size_t at = text.find("\"watched_s\": 10800");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, 18, "\"watched_s\": -1080");
  EXPECT_THROW(growth_from_json("sites.json", text), Error);
}

TEST(GrowthText, FitsTheTerminal) {
  const std::string text = growth_text(report(31, std::string(300, 'x')), {.width = 80});
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    // The sentence has the whole name; the table does not.
    const bool sentence = line.find("xxx") != std::string::npos && !line.starts_with(' ');
    EXPECT_TRUE(sentence || line.size() <= 84) << line;  // bytes: "±" has two
    at = end + 1;
  }
}

TEST(GrowthText, ShowsNoTerminalEscapesOfNames) {
  EXPECT_THAT(growth_text(report(31, "evil\x1b[2J"), {}), Not(HasSubstr("\x1b")));
}

TEST(GrowthText, SaysHowManyProfilesAreMissing) {
  const std::string text = growth_text(report(4), {});
  EXPECT_THAT(text, HasSubstr("Too few heap profiles to judge 2 allocation sites: 5 more"));
  EXPECT_THAT(text, HasSubstr("handle_leak"));
}

TEST(GrowthJson, ReadsBackWhatItWrote) {
  GrowthReport written = report();
  written.source = "raw \xff";
  written.warnings = {"a warning"};
  const std::string text = to_growth_json(written);
  EXPECT_EQ(to_growth_json(growth_from_json("x", text)), text);
  EXPECT_EQ(growth_text(growth_from_json("x", text), {}), growth_text(written, {}));
}

std::string error_of(const std::string& text) {
  try {
    (void)growth_from_json("sites.json", text);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(GrowthJson, NamesALaterVersion) {
  EXPECT_EQ(error_of(R"({"schema": "tidemark.sites/2"})"),
            "sites.json: version 2 of sites.json; this program knows 1");
}

TEST(GrowthJson, RefusesEveryDamagedFile) {
  const std::string text = to_growth_json(report(10));
  for (std::size_t length = 0; length + 2 < text.size(); length += 7) {
    EXPECT_NE(error_of(text.substr(0, length)), "") << length;
  }
  for (std::size_t at = 0; at < text.size(); at += 3) {
    std::string damaged = text;
    damaged[at] = '[';
    (void)error_of(damaged);  // anything but a crash
  }
}

}  // namespace
}  // namespace tidemark
