#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <vector>

#include "lib/analyze/level_fit.h"
#include "lib/analyze/survival.h"

// The blocks of an allocation site as a sampler sees them, from laws that are known: when
// they are born, and how long they live.
namespace tidemark::simulated {

struct Site {
  double blocks_per_run = 500;  // sampled ones
  // How long one lives, in runs; infinite: for ever.
  std::function<double(std::mt19937_64&)> lifetime = nullptr;
  double runs_before = 0;    // how long it went on before it is watched
  double until = 1;          // when the last one is born, in runs
  std::size_t capacity = 0;  // sampled blocks that a cache holds; the oldest goes
};

inline constexpr double kRunSeconds = 3600;
inline constexpr double kBytes = 512 * 1024;  // that a sampled block stands for

struct Seen {
  std::vector<SitePoint> points;    // of each snapshot
  std::vector<Lifetime> lifetimes;  // of those born while it was watched
};

struct Block {
  double born = 0;
  double dies = 0;
};

// In the order of their births.
inline std::vector<Block> blocks_of(const Site& site, std::mt19937_64& random) {
  std::vector<Block> all;
  std::exponential_distribution<double> gap(site.blocks_per_run);
  for (double at = -site.runs_before + gap(random); at < site.until; at += gap(random)) {
    const double dies = site.capacity > 0 ? kStillAlive : at + site.lifetime(random);
    all.push_back({.born = at, .dies = dies});
    if (site.capacity > 0 && all.size() > site.capacity) {
      all[all.size() - site.capacity - 1].dies = at;
    }
  }
  return all;
}

// Watches from 0 to 1 with so many looks; what is born before is only in the points' bytes.
inline Seen watch(const Site& site, std::mt19937_64& random, int looks = 40) {
  Seen seen;
  const std::vector<Block> blocks = blocks_of(site, random);
  const double step = 1.0 / looks;
  for (int i = 0; i <= looks; ++i) {
    const double now = i * step;
    const auto live = static_cast<double>(std::ranges::count_if(
        blocks, [&](const Block& b) { return b.born <= now && now < b.dies; }));
    seen.points.push_back({.hours = now * kRunSeconds / 3600,
                           .bytes = live * kBytes,
                           .variance = live * kBytes * kBytes,
                           .step = kBytes});
  }
  for (const Block& block : blocks) {
    if (block.born < 0) continue;
    if (block.dies > 1) {
      seen.lifetimes.push_back({.low_s = (1 - block.born) * kRunSeconds});
      continue;
    }
    // Between the looks before and after; or it was never seen alive.
    const double before = std::floor(block.dies / step) * step;
    const double after = before + step;
    seen.lifetimes.push_back(
        {.low_s = std::max(0.0, before - block.born) * kRunSeconds,
         .high_s = (before > block.born ? after - block.born
                                        : std::min(step, 2 * (block.dies - block.born))) *
                   kRunSeconds});
  }
  return seen;
}

inline auto exponential(double mean) {
  return [mean](std::mt19937_64& random) {
    return std::exponential_distribution<double>(1 / mean)(random);
  };
}
inline auto weibull(double shape, double scale) {
  return [=](std::mt19937_64& random) {
    return std::weibull_distribution<double>(shape, scale)(random);
  };
}
// A share of them for ever, the others with that mean.
inline auto immortal(double share, double mean) {
  return [=](std::mt19937_64& random) {
    if (std::bernoulli_distribution(share)(random)) return kStillAlive;
    return std::exponential_distribution<double>(1 / mean)(random);
  };
}

}  // namespace tidemark::simulated
