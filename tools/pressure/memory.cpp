#include "tools/pressure/memory.h"

#include <algorithm>

namespace tidemark::pressure {
namespace {

constexpr double kShortestBlock = 5;  // seconds: stages may be minutes long

}  // namespace

MemoryWatch::MemoryWatch(const std::vector<load::Limit>& limits) {
  for (const load::Limit& limit : limits) {
    if (!limit.metric.starts_with("rss.")) continue;
    const bool known =
        std::ranges::any_of(watched_, [&](const Watched& one) { return one.stage == limit.stage; });
    if (known) continue;
    watched_.push_back({.stage = limit.stage,
                        .judge = verdict::LeakJudge({.gate_bytes_per_day = limit.value,
                                                     .limit_bytes = {},
                                                     .parts = {},
                                                     .shortest_block_s = kShortestBlock})});
  }
}

void MemoryWatch::add(std::int64_t at_ms, std::int64_t bytes, const std::string& stage) {
  read_ = true;
  for (Watched& one : watched_) {
    if (!one.stage.empty() && one.stage != stage) continue;
    one.most_bytes = std::max(one.most_bytes, bytes);
    one.judge.add({.at_s = static_cast<double>(at_ms) / 1e3, .bytes = static_cast<double>(bytes)});
  }
}

std::vector<StageMemory> MemoryWatch::stages() const {
  std::vector<StageMemory> all;
  if (!read_) return all;
  for (const Watched& one : watched_) {
    all.push_back({.stage = one.stage,
                   .bytes_per_day = one.judge.verdict().growth_bytes_per_day,
                   .most_bytes = one.most_bytes});
  }
  return all;
}

}  // namespace tidemark::pressure
