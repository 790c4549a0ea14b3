#include "tools/signoff/campaign/placeholders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "lib/base/error.h"

namespace tidemark::signoff {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

using Arguments = std::vector<std::string>;

const TargetPlan kTarget = {
    .name = "redis",
    .command = {"redis-server", "--port", "{port}"},
    .ready = "tcp:{port}",
    .url = "redis://127.0.0.1:{port}",
    .environment = {{"AT", "{scratch}/x"}},
    .load = {{"normal", "redis/normal.toml"}, {"bench", "bench -p {port}"}}};

Expanded expanded(const Arguments& args, double scale = 1) {
  static int port = 0;
  port = 7000;
  return expand(args, {.target = &kTarget,
                       .campaign = "/campaigns",
                       .directory = "/out/runs/a.1",
                       .scratch = "/out/runs/a.1.scratch",
                       .scale = scale,
                       .port = [] { return static_cast<std::uint16_t>(port++); }});
}

Arguments arguments(const Arguments& args, double scale = 1) {
  return expanded(args, scale).arguments;
}

TEST(Placeholders, OnePortIsTheSameInAllTextsOfAnExecution) {
  EXPECT_THAT(arguments({"--ready", "{ready}", "{url}", "--", "{command}"}),
              ElementsAre("--ready", "tcp:7000", "redis://127.0.0.1:7000", "--", "redis-server",
                          "--port", "7000"));
}

TEST(Placeholders, ALoadIsAPathBesideTheCampaignUnlessItHasBlanks) {
  EXPECT_THAT(arguments({"{load.normal}", "{load.bench}"}),
              ElementsAre("/campaigns/redis/normal.toml", "bench -p 7000"));
}

TEST(Placeholders, TimesShrinkWithTheScaleToASecondAtLeast) {
  EXPECT_THAT(arguments({"{time 24h}", "{time 90s}"}), ElementsAre("24h", "1m30s"));
  EXPECT_THAT(arguments({"{time 24h}", "{time 90s}"}, 0.01), ElementsAre("14m24s", "1s"));
}

TEST(Placeholders, ARehearsalIsSaidOnlyWhereItIsOne) {
  EXPECT_THAT(arguments({"a", "{rehearse}", "b"}), ElementsAre("a", "b"));
  EXPECT_THAT(arguments({"a", "{rehearse}", "b"}, 0.01),
              ElementsAre("a", "--rehearse", "0.01", "b"));
  EXPECT_THAT(arguments({"x {rehearse}", "--compress={compress}", "{scale}"}, 0.01),
              ElementsAre("x --rehearse 0.01", "--compress=100", "0.01"));
}

TEST(Placeholders, BracesThatAreNoneStay) {
  EXPECT_THAT(arguments({R"({"a": {}})", "${{x}", "{{time 1h}", "{}", "{1}"}),
              ElementsAre(R"({"a": {}})", "${x}", "{time 1h}", "{}", "{1}"));
}

TEST(Placeholders, FillInTheEnvironmentOfTheTarget) {
  EXPECT_THAT(expanded({"{dir}"}).environment, ElementsAre(Pair("AT", "/out/runs/a.1.scratch/x")));
}

TEST(Placeholders, AVariableThatIsNotSetIsAnError) {
  ::unsetenv("TIDEMARK_NOT_SET");
  EXPECT_THROW(arguments({"{env.TIDEMARK_NOT_SET}"}), Error);
  ::setenv("TIDEMARK_SET", "x", 1);
  EXPECT_THAT(arguments({"{env.TIDEMARK_SET}"}), ElementsAre("x"));
}

TEST(Placeholders, AnyTextIsReadOrRefused) {
  const std::string_view kText = "a{time 1h}{{b{load.x}{\"}{command{env.}{rehearse}";
  for (std::size_t from = 0; from < kText.size(); ++from) {
    for (std::size_t length = 0; from + length <= kText.size(); ++length) {
      try {
        pieces_of(kText.substr(from, length), "here");
      } catch (const UsageError& error) {
        EXPECT_EQ(std::string_view(error.what()).substr(0, 6), "here: ");
      }
    }
  }
}

}  // namespace
}  // namespace tidemark::signoff
