#include "tools/pressure/faults/recovery.h"

#include <algorithm>
#include <cmath>

namespace tidemark::pressure {
namespace {

constexpr std::size_t kUsualSeconds = 10;
constexpr int kGoodSeconds = 3;
constexpr std::size_t kMostResults = 10'000;
constexpr double kMoreErrors = 0.01;

std::int64_t usual_p95(const std::deque<Health>& seconds) {
  std::vector<std::int64_t> all;
  all.reserve(seconds.size());
  for (const Health& second : seconds) all.push_back(second.p95);
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  std::ranges::nth_element(all, middle);
  return *middle;
}

double usual_errors(const std::deque<Health>& seconds) {
  std::int64_t failed = 0;
  std::int64_t all = 0;
  for (const Health& second : seconds) {
    failed += second.failed;
    all += second.done + second.failed;
  }
  return all == 0 ? 0 : static_cast<double>(failed) / static_cast<double>(all);
}

}  // namespace

Health health_of(const Second& second, std::span<const LabelId> requests) {
  Health health{.at_ms = second.at_ms, .length_ms = std::llround(second.seconds * 1000)};
  load::Histogram all;
  for (const LabelId label : requests) {
    const auto index = static_cast<std::size_t>(label);
    if (index >= second.labels.size()) continue;  // nothing was counted for it yet
    const Counts& counts = second.labels[index];
    health.done += counts.done;
    health.failed += counts.failed();
    all.add(counts.response);
  }
  health.p95 = all.at_percentile(95);
  return health;
}

Demand demand_of(const std::vector<load::Limit>& pass, std::string_view stage) {
  using Compare = load::Limit::Compare;
  Demand demand;
  for (const load::Limit& limit : pass) {
    const bool upper = limit.compare == Compare::kLess || limit.compare == Compare::kAtMost;
    if (!upper || !limit.label.empty()) continue;
    if (!limit.stage.empty() && limit.stage != stage) continue;
    if (limit.metric == "p95") {
      const auto value = static_cast<std::int64_t>(limit.value);
      demand.p95 = std::min(demand.p95.value_or(value), value);
    } else if (limit.metric == "errors") {
      demand.errors = std::min(demand.errors.value_or(limit.value), limit.value);
    }
  }
  return demand;
}

std::size_t Recovery::begin(const std::string& what, std::int64_t at_ms, std::int64_t memory) {
  open_.push_back(
      {.number = ++last_, .result = {.what = what, .at_ms = at_ms, .memory_before = memory}});
  return last_;
}

void Recovery::end(std::size_t fault, std::int64_t at_ms) {
  const auto found = std::ranges::find(open_, fault, &Open::number);
  if (found != open_.end()) found->result.over_ms = at_ms;
}

void Recovery::fail(std::size_t fault, const std::string& why) {
  const auto found = std::ranges::find(open_, fault, &Open::number);
  if (found == open_.end()) return;
  found->result.trouble = why;
  close(*found);
  open_.erase(found);
}

bool Recovery::waits_for(std::size_t fault) const {
  return std::ranges::find(open_, fault, &Open::number) != open_.end();
}

void Recovery::close(const Open& fault) {
  if (closed_.size() < kMostResults) {
    closed_.emplace_back(fault.number, fault.result);
    return;
  }
  const auto quickest = std::ranges::min_element(closed_, {}, [](const auto& entry) {
    return entry.second.trouble.empty() ? entry.second.recovered_ms.value_or(0) : INT64_MAX;
  });
  *quickest = {fault.number, fault.result};
}

bool Recovery::is_good(const Health& health, const Demand& demand) const {
  const double errors =
      static_cast<double>(health.failed) / static_cast<double>(health.done + health.failed);
  if (errors > demand.errors.value_or(usual_errors(usual_) + kMoreErrors)) return false;
  if (demand.p95) return health.p95 <= *demand.p95;
  if (usual_.empty()) return true;
  const std::int64_t usual = usual_p95(usual_);
  return health.p95 <= std::max(2 * usual, usual + kMillisecond);
}

void Recovery::second(const Health& health, const Demand& demand, std::int64_t memory) {
  if (health.done + health.failed == 0) return;
  if (open_.empty()) {
    usual_.push_back(health);
    if (usual_.size() > kUsualSeconds) usual_.pop_front();
    return;
  }
  const bool good = is_good(health, demand);
  for (Open& fault : open_) {
    fault.result.memory_after = memory;
    fault.note(health, good);
    if (fault.result.recovered_ms) close(fault);
  }
  std::erase_if(open_, [](const Open& fault) { return fault.result.recovered_ms.has_value(); });
}

void Recovery::Open::note(const Health& health, bool is_good) {
  disturbed |= !is_good;
  const std::int64_t over = result.over_ms;
  // Only a second that has most of its time after the end of the fault tells of it.
  const bool counts = over != 0 && health.at_ms - over >= health.length_ms / 2;
  if (!is_good || !counts) {
    good = 0;
    return;
  }
  if (good++ == 0) good_since_ms = health.at_ms - health.length_ms;
  if (good < kGoodSeconds) return;
  result.recovered_ms = disturbed ? std::max<std::int64_t>(good_since_ms - over, 0) : 0;
}

std::vector<load::FaultResult> Recovery::results() const {
  auto all = closed_;
  for (const Open& fault : open_) all.emplace_back(fault.number, fault.result);
  std::ranges::sort(all, {}, [](const auto& entry) { return entry.first; });
  std::vector<load::FaultResult> results;
  results.reserve(all.size());
  for (auto& entry : all) results.push_back(std::move(entry.second));
  return results;
}

}  // namespace tidemark::pressure
