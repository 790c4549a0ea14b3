#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "lib/analyze/site_history.h"

// Allocation sites whose truth is known, seeded: how live memory behaves, by physics.
namespace tidemark::families {

enum class Family {
  kWhite,       // requests under way: comes and goes
  kSticky,      // the same with a memory of several snapshots
  kRandomWalk,  // objects that stay come and go by chance
  kSteps,       // a table doubles, a configuration is loaded again
  kFill,        // a cache that fills at a steady rate and is full before the middle
  kSaturating,  // a cache that fills ever more slowly
  kWave,        // follows the load, at least one whole period
  kSampled,     // a steady population of objects, seen through a sampler
  kLeak,        // grows steadily, in noise
  kLumpyLeak,   // grows in many random lumps
  kSampledLeak  // grows steadily, seen through a sampler
};

constexpr Family kNulls[] = {Family::kWhite, Family::kSticky, Family::kRandomWalk,
                             Family::kSteps, Family::kFill,   Family::kSaturating,
                             Family::kWave,  Family::kSampled};
constexpr Family kLeaks[] = {Family::kLeak, Family::kLumpyLeak, Family::kSampledLeak};

inline const char* name(Family family) {
  constexpr const char* kNames[] = {"white", "sticky",     "random walk", "steps",
                                    "fill",  "saturating", "wave",        "sampled",
                                    "leak",  "lumpy leak", "sampled leak"};
  return kNames[static_cast<int>(family)];
}

class Maker {
 public:
  Maker(std::uint64_t seed, int snapshots, double hours)
      : random_(seed), snapshots_(snapshots), hours_(hours) {}

  std::vector<SitePoint> make(Family family) {
    std::vector<SitePoint> points;
    const double scale = std::exp(uniform(std::log(1e4), std::log(1e9)));
    object_ = std::exp(uniform(std::log(16), std::log(4096)));
    const double rho = uniform(0.5, 0.95);
    const double start = uniform(0, 0.3);
    const double end = uniform(start + 0.02, 0.5);
    const double period = uniform(0.1, 1);
    const double phase = uniform(0, 6.28);
    const double tau = uniform(0.02, 0.2);
    const double noise = uniform(0, 0.03);
    const double lumps = uniform(100, 1000);
    double state = 0;
    double walk = 0;
    for (int i = 0; i < snapshots_; ++i) {
      const double at = static_cast<double>(i) / (snapshots_ - 1);
      double value = 1;
      double variance = 0;
      state = rho * state + std::sqrt(1 - rho * rho) * normal();
      switch (family) {
        case Family::kWhite:
          value = 1 + 0.2 * normal();
          break;
        case Family::kSticky:
          value = 1 + 0.2 * state;
          break;
        case Family::kRandomWalk:
          value = 1 + (walk += 0.1 * normal());
          break;
        case Family::kSteps:
          if (uniform(0, 1) < 2.0 / snapshots_) walk += uniform(0.1, 1);
          value = 1 + walk;
          break;
        case Family::kFill:
          value = std::clamp((at - start) / (end - start), 0.0, 1.0) + noise * normal();
          break;
        case Family::kSaturating:
          value = 1 - std::exp(-at / tau) + noise * normal();
          break;
        case Family::kWave:
          value = 1 + 0.5 * std::sin(6.2832 * at / period + phase) + noise * normal();
          break;
        case Family::kLeak:
          value = 0.2 + at + noise * normal();
          break;
        case Family::kLumpyLeak:
          if (i > 0) walk += poisson(lumps / snapshots_) / lumps;
          value = 0.2 + walk;
          break;
        case Family::kSampled:
        case Family::kSampledLeak:
          break;
      }
      double bytes = std::max(0.0, value) * scale;
      double step = object_;
      if (family == Family::kSampled) {
        step = kRate;
        bytes = sampled(static_cast<double>(poisson(uniform_mean_)), variance);
      }
      if (family == Family::kSampledLeak) {
        step = kRate;
        samples_ = i == 0 ? 0 : samples_ + poisson(60.0 / snapshots_);
        bytes = sampled(samples_, variance);
      }
      points.push_back({.hours = at * hours_, .bytes = bytes, .variance = variance, .step = step});
    }
    uniform_mean_ = std::exp(uniform(std::log(0.1), std::log(50)));
    samples_ = 0;
    return points;
  }

 private:
  static constexpr double kRate = 512 * 1024;

  static double sampled(double samples, double& variance) {
    variance = samples * kRate * kRate;
    return samples * kRate;
  }

  double uniform(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random_);
  }
  double normal() { return std::normal_distribution<double>()(random_); }
  double poisson(double mean) {
    return static_cast<double>(std::poisson_distribution<int>(mean)(random_));
  }

  std::mt19937_64 random_;
  int snapshots_;
  double hours_;
  double object_ = 1;
  double uniform_mean_ = 1;
  double samples_ = 0;
};

}  // namespace tidemark::families
