#include "lib/analyze/site_growth.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "lib/analyze/discovery_rate.h"
#include "lib/base/distributions.h"
#include "tests/lib/analyze/simulated_blocks.h"
#include "tests/lib/analyze/site_families.h"

namespace tidemark {
namespace {

using families::Family;
using testing::DoubleNear;
using testing::ElementsAre;

TEST(DiscoveryRate, IsThatOfBenjaminiAndYekutieli) {
  // R: p.adjust(c(0.01, 0.04, 0.03, 0.5), "BY")
  EXPECT_THAT(adjusted_for_many(std::vector{0.01, 0.04, 0.03, 0.5}),
              ElementsAre(DoubleNear(0.0833333, 1e-6), DoubleNear(0.1111111, 1e-6),
                          DoubleNear(0.1111111, 1e-6), DoubleNear(1, 1e-6)));
}

// What a line with the noise `noise(i)` in 40 snapshots over 10 hours is taken for.
template <typename Noise>
std::vector<SitePoint> line(double per_hour, Noise&& noise) {
  std::vector<SitePoint> points;
  for (int i = 0; i < 40; ++i) {
    const double hours = 0.25 * i;
    points.push_back({.hours = hours, .bytes = 1e6 + per_hour * hours + noise(i)});
  }
  return points;
}

// How often out of 2000 the slope of a line lies in its interval.
template <typename MakeNoise>
double coverage(MakeNoise&& make_noise) {
  std::mt19937_64 random(7);
  int inside = 0;
  for (int i = 0; i < 2000; ++i) {
    const auto fit = fit_slope(line(1000, make_noise(random)), 0);
    if (fit && fit->low <= 1000 && 1000 <= fit->high) ++inside;
  }
  return inside / 2000.0;
}

TEST(LevelFit, CoversTheSlopeInWhiteNoise) {
  const double share = coverage([](auto& random) {
    return [&](int) { return std::normal_distribution<double>(0, 1000)(random); };
  });
  EXPECT_GE(share, 0.95) << share;
}

TEST(LevelFit, CoversTheSlopeInARandomWalk) {
  const double share = coverage([](auto& random) {
    return [&, walk = 0.0](int) mutable {
      return walk += std::normal_distribution<double>(0, 1000)(random);
    };
  });
  EXPECT_GE(share, 0.92);
  EXPECT_LE(share, 0.98);
}

TEST(LevelFit, CoversTheSlopeInNoiseWithAMemory) {
  const double share = coverage([](auto& random) {
    return [&, state = 0.0](int) mutable {
      return state = 0.7 * state + std::normal_distribution<double>(0, 1000)(random);
    };
  });
  EXPECT_GE(share, 0.93);
}

// A leak of one object a minute, as 12 snapshots of a sampler saw it.
std::vector<SitePoint> sampled_leak(std::mt19937_64& random, double samples_per_hour) {
  constexpr double kRate = 512 * 1024;
  std::vector<SitePoint> points;
  double samples = 0;
  for (int i = 0; i < 12; ++i) {
    if (i > 0) samples += std::poisson_distribution<int>(samples_per_hour)(random);
    points.push_back({.hours = static_cast<double>(i),
                      .bytes = samples * kRate,
                      .variance = samples * kRate * kRate,
                      .step = kRate});
  }
  return points;
}

TEST(LevelFit, CoversTheRateOfASampledLeak) {
  for (const double per_hour : {1.0, 4.0, 25.0}) {
    std::mt19937_64 random(8);
    int inside = 0;
    for (int i = 0; i < 1000; ++i) {
      const auto fit = fit_slope(sampled_leak(random, per_hour), 0);
      if (fit->low <= per_hour * 524288 && per_hour * 524288 <= fit->high) ++inside;
    }
    EXPECT_GE(inside, 930) << per_hour;
    EXPECT_LE(inside, 998) << per_hour;
  }
}

TEST(LevelFit, IsNeverSurerThanTheSamplerAllows) {
  // By chance the samples came evenly: 4 in each hour, 44 in all, known to 1 in sqrt(44).
  std::vector<SitePoint> points;
  for (int i = 0; i < 12; ++i) {
    points.push_back({.hours = static_cast<double>(i),
                      .bytes = 4.0 * i * 524288,
                      .variance = 4.0 * i * 524288 * 524288,
                      .step = 1});
  }
  const auto fit = fit_slope(points, 0);
  EXPECT_GE(fit->high - fit->low, 2 * 1.96 * fit->per_hour / std::sqrt(44));
}

SiteSeries site(std::string name, std::vector<SitePoint> points) {
  return {.fingerprint = std::move(name), .place = {}, .stack = {}, .points = std::move(points)};
}

// Thousands of sites that do not grow, and 15 that do.
struct Program {
  std::vector<SiteSeries> sites;
  std::map<std::string, Family> truth;

  Program(std::uint64_t seed, int snapshots, int of_each) {
    families::Maker maker(seed, snapshots, 10);
    const auto add = [&](Family family, int count) {
      for (int i = 0; i < count; ++i) {
        std::string name = fmt::format("{}", sites.size());
        truth[name] = family;
        sites.push_back(site(std::move(name), maker.make(family)));
      }
    };
    for (const Family family : families::kNulls) add(family, of_each);
    for (const Family family : families::kLeaks) add(family, 5);
  }

  bool leaks(const SiteGrowth& growth) const {
    return truth.at(growth.site.fingerprint) >= Family::kLeak;
  }
};

struct Score {
  double false_share = 0;
  double found_share = 0;
};

Score score(int snapshots, int runs) {
  Score score;
  for (int run = 0; run < runs; ++run) {
    const Program program(static_cast<std::uint64_t>(run) + 1, snapshots, 375);
    double named = 0;
    double right = 0;
    for (const SiteGrowth& growth : growing_sites(program.sites)) {
      if (growth.trend != SiteTrend::kGrows) continue;
      ++named;
      if (program.leaks(growth)) ++right;
    }
    score.false_share += named > 0 ? (named - right) / named / runs : 0;
    score.found_share += right / 15 / runs;
  }
  return score;
}

TEST(SiteGrowth, NamesFewFalseSitesAmongThousandsAndMissesFewLeaks) {
  const Score few = score(16, 4);
  EXPECT_LE(few.false_share, 0.05);
  EXPECT_GE(few.found_share, 0.75);
  const Score many = score(40, 4);
  EXPECT_LE(many.false_share, 0.05);
  EXPECT_GE(many.found_share, 0.93);
}

// The bytes of a site all of whose blocks are replaced between two of 40 looks, while its
// load rises: samples of a mean of 5 at first and `rise` more at the end.
std::vector<SitePoint> replaced(std::mt19937_64& random, double rise) {
  std::vector<SitePoint> points;
  for (int i = 0; i < 40; ++i) {
    const double hours = i / 39.0;
    const double samples = std::poisson_distribution<int>(5 + rise * hours)(random);
    points.push_back({.hours = hours, .bytes = samples, .variance = samples, .step = 1});
  }
  return points;
}

TEST(LevelFit, SeesTheGrowthOfASampledSiteThatIsReplacedAllTheTime) {
  std::mt19937_64 random(1);
  int seen = 0;
  int false_ones = 0;
  for (int i = 0; i < 500; ++i) {
    if (fit_slope(replaced(random, 20), 0)->p_flat < 0.05) ++seen;
    if (fit_slope(replaced(random, 0), 0)->p_flat < 0.05) ++false_ones;
  }
  EXPECT_GE(seen, 475);
  EXPECT_LE(false_ones, 25);
}

TEST(LevelFit, WeighsASampleTheLessTheMoreItStandsFor) {
  std::mt19937_64 random(2);
  double squares = 0;
  for (int i = 0; i < 1000; ++i) {
    const double off = fit_slope(replaced(random, 100), 0)->per_hour - 100;
    squares += off * off / 1000;
  }
  EXPECT_LT(std::sqrt(squares), 3.9);  // 4.5 without weights
}

// Sites that are seen through a sampler and do not leak: replaced fast or slowly, few or many
// blocks, caches that are full before or while they are watched, tables made at the start.
std::vector<simulated::Site> sampled_nulls() {
  using simulated::exponential;
  std::vector<simulated::Site> all;
  for (const double mean : {0.002, 0.02, 0.1, 0.3, 1.0}) {
    for (const double living : {0.3, 2.0, 10.0, 60.0}) {
      all.push_back({.blocks_per_run = living / mean,
                     .lifetime = exponential(mean),
                     .runs_before = std::min(8 * mean, 5.0)});
    }
  }
  for (const std::size_t capacity : {20, 60, 90}) {
    all.push_back({.blocks_per_run = 200, .capacity = capacity});
  }
  all.push_back({.blocks_per_run = 200, .runs_before = 1, .capacity = 60});
  all.push_back({.blocks_per_run = 300, .lifetime = simulated::immortal(1, 1), .until = 0.2});
  return all;
}

// Three kinds of leaks: of 60 sampled blocks, of 200, and of a fifth of 1000.
std::vector<simulated::Site> sampled_leaks() {
  return {{.blocks_per_run = 60, .lifetime = simulated::immortal(1, 1)},
          {.blocks_per_run = 200, .lifetime = simulated::immortal(1, 1)},
          {.blocks_per_run = 1000, .lifetime = simulated::immortal(0.2, 0.02)}};
}

Score sampled_score(int looks) {
  constexpr int kRuns = 3;
  Score score;
  for (int run = 0; run < kRuns; ++run) {
    std::mt19937_64 random(static_cast<std::uint64_t>(run) + 1);
    std::vector<SiteSeries> sites;
    const auto add = [&](const char* kind, const std::vector<simulated::Site>& laws, int each) {
      for (const simulated::Site& law : laws) {
        for (int i = 0; i < each; ++i) {
          sites.push_back(site(kind, simulated::watch(law, random, looks).points));
        }
      }
    };
    add("null", sampled_nulls(), 12);
    add("leak", sampled_leaks(), 5);
    double named = 0;
    double right = 0;
    for (const SiteGrowth& growth : growing_sites(sites)) {
      if (growth.trend != SiteTrend::kGrows) continue;
      ++named;
      if (growth.site.fingerprint == "leak") ++right;
    }
    score.false_share += named > 0 ? (named - right) / named / kRuns : 0;
    score.found_share += right / 15 / kRuns;
  }
  return score;
}

TEST(SiteGrowth, NamesFewFalseSitesAmongSampledOnes) {
  const Score few = sampled_score(11);
  EXPECT_LE(few.false_share, 0.05);
  EXPECT_GE(few.found_share, 0.75);
  const Score many = sampled_score(40);
  EXPECT_LE(many.false_share, 0.05);
  EXPECT_GE(many.found_share, 0.95);
}

SiteGrowth judged(std::vector<SitePoint> points) {
  return growing_sites({site("a", std::move(points))}).at(0);
}

// 30 snapshots over 10 hours of bytes(hours).
template <typename Bytes>
std::vector<SitePoint> over_time(Bytes&& bytes) {
  std::vector<SitePoint> points;
  for (int i = 0; i < 30; ++i) {
    const double hours = i / 2.9;
    points.push_back({.hours = hours, .bytes = bytes(hours), .step = 100});
  }
  return points;
}

TEST(SiteGrowth, TellsALeakFromWhatFillsOnce) {
  const auto leak = judged(over_time([](double h) { return 5000 * h; }));
  EXPECT_EQ(leak.trend, SiteTrend::kGrows);
  EXPECT_NEAR(leak.bytes_per_hour, 5000, 20);
  const auto fill = judged(over_time([](double h) { return 5000 * std::min(h, 4.0); }));
  EXPECT_NE(fill.trend, SiteTrend::kGrows);
  const auto slows = judged(over_time([](double h) { return 50'000 * (1 - std::exp(-h / 3)); }));
  EXPECT_EQ(slows.trend, SiteTrend::kFills);
  const auto step = judged(over_time([](double h) { return h > 7 ? 1e6 : 1e5; }));
  EXPECT_NE(step.trend, SiteTrend::kGrows);
}

// It grows for nearly all of the time: only its blocks tell that the oldest are replaced.
TEST(SiteGrowth, DoesNotCallACacheALeakWhoseOldBlocksAreReplaced) {
  std::mt19937_64 random(4);
  simulated::Seen seen = simulated::watch({.blocks_per_run = 1000, .capacity = 900}, random);
  SiteSeries cache = site("a", seen.points);
  EXPECT_EQ(growing_sites({cache})[0].trend, SiteTrend::kGrows);
  cache.lifetimes = seen.lifetimes;
  cache.watched_s = simulated::kRunSeconds;
  const SiteGrowth growth = growing_sites({cache})[0];
  EXPECT_EQ(growth.fate, Fate::kCache);
  EXPECT_EQ(growth.trend, SiteTrend::kFills);
}

TEST(SiteGrowth, SaysWhatBecomesOfTheBlocksOfALeak) {
  std::mt19937_64 random(5);
  const simulated::Seen seen =
      simulated::watch({.blocks_per_run = 300, .lifetime = simulated::immortal(1, 1)}, random);
  SiteSeries leak = site("a", seen.points);
  leak.lifetimes = seen.lifetimes;
  leak.watched_s = simulated::kRunSeconds;
  const SiteGrowth growth = growing_sites({leak})[0];
  EXPECT_EQ(growth.trend, SiteTrend::kGrows);
  EXPECT_EQ(growth.fate, Fate::kLeak);
  EXPECT_EQ(growth.survival.at(1800).share, 1);
}

TEST(SiteGrowth, DoesNotCallAConstantSiteAnything) {
  EXPECT_EQ(judged(over_time([](double) { return 1e6; })).trend, SiteTrend::kSteady);
}

TEST(SiteGrowth, SaysSinceWhenASiteGrows) {
  const auto growth = judged(over_time([](double h) { return 1e5 + 9000 * std::max(0.0, h - 4); }));
  EXPECT_EQ(growth.trend, SiteTrend::kGrows);
  EXPECT_FALSE(growth.since_start);
  EXPECT_NEAR(growth.since_hours, 4, 0.4);
  EXPECT_NEAR(growth.bytes_per_hour, 9000, 500);
}

TEST(SiteGrowth, FindsALeakAcrossRestarts) {
  auto points = over_time([](double h) { return 5000 * std::fmod(h, 2.5) + 300; });
  for (SitePoint& point : points) point.life = static_cast<std::int64_t>(point.hours / 2.5);
  const auto growth = judged(points);
  EXPECT_EQ(growth.trend, SiteTrend::kGrows);
  EXPECT_NEAR(growth.bytes_per_hour, 5000, 50);
}

TEST(SiteGrowth, DoesNotCallTheWarmUpOfEachLifeALeak) {
  auto points = over_time([](double h) { return 1e6 * std::min(1.0, 3 * std::fmod(h, 2.5)); });
  for (SitePoint& point : points) point.life = static_cast<std::int64_t>(point.hours / 2.5);
  EXPECT_NE(judged(points).trend, SiteTrend::kGrows);
}

TEST(SiteGrowth, NeedsNoEvenSnapshots) {
  auto points = over_time([](double h) { return 5000 * h; });
  std::mt19937_64 random(3);
  std::erase_if(points, [&](const SitePoint&) { return random() % 3 == 0; });
  const auto growth = judged(points);
  EXPECT_EQ(growth.trend, SiteTrend::kGrows);
  EXPECT_NEAR(growth.bytes_per_hour, 5000, 50);
}

TEST(SiteGrowth, SaysWhenThereAreTooFewSnapshots) {
  auto points = over_time([](double h) { return 5000 * h; });
  points.resize(7);
  EXPECT_EQ(judged(points).trend, SiteTrend::kTooFew);
  EXPECT_EQ(judged({}).trend, SiteTrend::kTooFew);
}

TEST(SiteGrowth, SaysHowMuchOfWhatIsAllocatedStays) {
  auto points = over_time([](double h) { return 5000 * h; });
  for (SitePoint& point : points) point.allocated = 4 * point.bytes;
  EXPECT_NEAR(judged(points).kept, 0.25, 1e-9);
}

}  // namespace
}  // namespace tidemark
