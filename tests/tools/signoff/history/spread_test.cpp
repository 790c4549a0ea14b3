#include "tools/signoff/history/spread.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/tools/signoff/history/simulated.h"

namespace tidemark::signoff {
namespace {

const LineKey kMemory{.campaign = "nightly",
                      .phase = "normal",
                      .metric = "rss.peak",
                      .unit = "bytes",
                      .host = "bench-1",
                      .flavour = "release"};

std::optional<budget::Spread> spread(Simulated simulated,
                                     const std::function<double(std::size_t)>& level) {
  simulated.metrics = {{.metric = "rss.peak", .unit = "bytes", .noise = 0.02, .level = level}};
  return spread_of(simulate(simulated), kMemory);
}

TEST(Spread, IsWhatRunsDifferBy) {
  const auto found = spread({.versions = 40}, [](auto) { return 100.0; });
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->relative, 0.02, 0.005);
  EXPECT_NEAR(found->freedom, 26, 0.1);
  EXPECT_EQ(found->source, "40 runs of 40 former nights");
}

TEST(Spread, RepetitionsAreSingleRuns) {
  const auto found = spread({.versions = 40, .repetitions = 5}, [](auto) { return 100.0; });
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->relative, 0.02, 0.003);
}

TEST(Spread, RealChangesAreNotInIt) {
  const auto step =
      spread({.versions = 40}, [](std::size_t at) { return at < 20 ? 100.0 : 300.0; });
  EXPECT_NEAR(step->relative, 0.02, 0.005);
  const auto creep =
      spread({.versions = 40}, [](std::size_t at) { return 100.0 + 3 * double(at); });
  EXPECT_NEAR(creep->relative, 0.02, 0.006);
  const auto bad =
      spread({.versions = 40}, [](std::size_t at) { return at == 17 ? 300.0 : 100.0; });
  EXPECT_NEAR(bad->relative, 0.02, 0.005);
}

TEST(Spread, IsRightInTheMean) {
  double sum = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const auto found = spread({.versions = 12, .seed = seed}, [](auto) { return 100.0; });
    sum += found->relative * found->relative;
  }
  EXPECT_NEAR(std::sqrt(sum / 200), 0.02, 0.002);
}

TEST(Spread, FewNightsGiveNone) {
  EXPECT_FALSE(spread({.versions = 3}, [](auto) { return 100.0; }));
  EXPECT_TRUE(spread({.versions = 4}, [](auto) { return 100.0; }));
  EXPECT_FALSE(spread({.versions = 40}, [](auto) { return 0.0; }));
}

TEST(Spread, OnlyLikeNightsCount) {
  Simulated simulated{.versions = 40};
  simulated.metrics = {
      {.metric = "rss.peak", .unit = "bytes", .level = [](auto) { return 100.0; }}};
  for (const auto& change : std::vector<std::function<void(LineKey&)>>{
           [](LineKey& key) { key.host = "x"; }, [](LineKey& key) { key.scale = 0.1; },
           [](LineKey& key) { key.flavour = "x"; }, [](LineKey& key) { key.phase = "x"; },
           [](LineKey& key) { key.campaign = "x"; }, [](LineKey& key) { key.stage = "x"; }}) {
    LineKey key = kMemory;
    change(key);
    EXPECT_FALSE(spread_of(simulate(simulated), key));
  }
}

}  // namespace
}  // namespace tidemark::signoff
