#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "lib/analyze/growth_report.h"
#include "lib/base/error.h"
#include "lib/report/growth_json.h"
#include "lib/report/growth_text.h"

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
