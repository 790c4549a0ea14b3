#include "tools/pressure/rungs.h"

#include <algorithm>
#include <cmath>

#include "lib/load/usl.h"

namespace tidemark::pressure {
namespace {

constexpr double kShortest = 0.25;  // seconds: what a stage's end leaves of one may be less

}  // namespace

Rungs::Rungs(const load::LoadPlan& load) : load_(&load) {
  if (load.ladder) stages_.resize(load.ladder->clients.size());
}

void Rungs::add(const Second& second) {
  if (second.stage >= stages_.size() || second.seconds < kShortest) return;
  std::int64_t done = 0;
  for (const Counts& label : second.labels) done += label.done;
  Throughput& rung = stages_[second.stage];
  if (rung.stretches++ == 0) return;
  const double rate = static_cast<double>(done) / second.seconds;
  rung.seconds += second.seconds;
  rung.done += static_cast<double>(done);
  rung.sum += rate;
  rung.squares += rate * rate;
}

std::optional<load::Scalability> Rungs::scalability() const {
  if (!load_->ladder) return std::nullopt;
  std::vector<load::Rung> rungs;
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    const Throughput& rung = stages_[i];
    const double counted = rung.stretches - 1;
    if (counted < 2) continue;
    const double mean = rung.sum / counted;
    const double variance = std::max(0.0, rung.squares / counted - mean * mean);
    rungs.push_back({.clients = load_->ladder->clients[i],
                     .throughput = rung.done / rung.seconds,
                     .error = std::sqrt(variance / (counted - 1))});
  }
  return load::fit_scalability(std::move(rungs));
}

}  // namespace tidemark::pressure
