#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "lib/run/history_db.h"

namespace tidemark::signoff {

// Nights of a campaign whose numbers are known. A metric's value is a function of the version's
// place; noise is normal and relative.
struct SimulatedMetric {
  std::string metric;
  std::string unit;
  double noise = 0.01;
  std::function<double(std::size_t version)> level;
  std::string stage = "";
};

struct Simulated {
  std::size_t versions = 60;
  int nights = 1;       // of each version
  int repetitions = 1;  // in each night
  std::vector<SimulatedMetric> metrics;
  std::uint64_t seed = 1;
};

std::vector<HistoryEntry> simulate(const Simulated& simulated);

// The commit of a version: "c0040".
std::string commit_of(std::size_t version);

// Two years of releases: memory steps by 6 % at c0040, steady memory creeps by 0.4 % over each of
// the last 24 versions, latency gets better at c0070, all else is quiet but for one bad night.
Simulated two_years();

}  // namespace tidemark::signoff
