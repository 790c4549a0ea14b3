#include "tools/leakwatch/watch/smaps_budget.h"

#include <algorithm>
#include <utility>

namespace tidemark::leakwatch {
namespace {

// What a first read costs at worst, by measurement: 6 ms for 1 GB of small pages.
constexpr double kUsPerByte = 6e-6;
constexpr double kLeastUs = 30;

// The share of a process's time is judged from this age on: one read of a fresh
// process is no loss that lasts.
constexpr std::int64_t kShortestMs = 10'000;

// So much may be saved up: a second's reads of a few small processes.
constexpr double kMostCreditUs = 20'000;

}  // namespace

SmapsBudget::SmapsBudget(const Limits& limits, Read read, ClockUs clock)
    : limits_(limits), read_(std::move(read)), clock_(std::move(clock)), credit_us_(1000) {}

SmapsBudget::State& SmapsBudget::state_of(const Member& member, std::int64_t elapsed_ms) {
  const auto [entry, fresh] = states_.try_emplace(member.stat.pid);
  State& state = entry->second;
  if (fresh || state.start_ticks != member.stat.start_ticks) {
    const double expected = std::max(kLeastUs, kUsPerByte * static_cast<double>(member.memory.rss));
    // A large process waits until its first read is a small part of the time.
    const auto wait_ms = static_cast<std::int64_t>(expected / 1000 / limits_.target);
    state = {.start_ticks = member.stat.start_ticks,
             .first_ms = elapsed_ms,
             .due_ms = wait_ms <= kShortestMs ? elapsed_ms : elapsed_ms + wait_ms};
  }
  state.looked = looks_;
  return state;
}

void SmapsBudget::read(const Member& member, State& state, std::int64_t elapsed_ms) {
  const std::int64_t start_us = clock_();
  const std::optional<ProcSmaps> read = read_(member.stat.pid);
  const std::int64_t cost_us = std::max<std::int64_t>(clock_() - start_us, 1);
  ++reads_;
  last_cost_us_ += cost_us;
  total_cost_us_ += cost_us;
  credit_us_ -= static_cast<double>(cost_us);
  state.cost_us += cost_us;
  state.due_ms =
      elapsed_ms + static_cast<std::int64_t>(static_cast<double>(cost_us) / 1000 / limits_.target);
  if (!read) return;
  state.last = read;
  state.read = looks_;
}

bool SmapsBudget::look(std::span<const Member> members, std::int64_t elapsed_ms) {
  ++looks_;
  last_cost_us_ = 0;
  const std::int64_t before = reads_;
  credit_us_ += limits_.own * 1000 * static_cast<double>(elapsed_ms - credited_ms_);
  credited_ms_ = elapsed_ms;
  credit_us_ = std::min(credit_us_, kMostCreditUs);
  if (members.empty()) return false;
  const std::size_t start = next_ % members.size();
  for (std::size_t i = 0; i < members.size(); ++i) {
    const std::size_t place = (start + i) % members.size();
    State& state = state_of(members[place], elapsed_ms);
    if (state.due_ms > elapsed_ms || credit_us_ <= 0) continue;
    read(members[place], state, elapsed_ms);
    next_ = place + 1;
  }
  loss_ = 0;
  for (const auto& [pid, state] : states_) {
    const std::int64_t age_ms = std::max(elapsed_ms - state.first_ms, kShortestMs);
    loss_ =
        std::max(loss_, static_cast<double>(state.cost_us) / 1000 / static_cast<double>(age_ms));
  }
  std::erase_if(states_, [&](const auto& entry) { return entry.second.looked != looks_; });
  return reads_ > before;
}

const ProcSmaps* SmapsBudget::of(const Member& member) const {
  const auto found = states_.find(member.stat.pid);
  if (found == states_.end() || !found->second.last) return nullptr;
  return &*found->second.last;
}

bool SmapsBudget::fresh(const Member& member) const {
  const auto found = states_.find(member.stat.pid);
  return found != states_.end() && found->second.read == looks_;
}

std::optional<ProcSmaps> SmapsBudget::sum(std::span<const Member> members) const {
  ProcSmaps sum;
  for (const Member& member : members) {
    const ProcSmaps* const one = of(member);
    if (one == nullptr) return std::nullopt;
    sum.pss += one->pss;
    sum.uss += one->uss;
    sum.heap += one->heap;
    sum.stacks += one->stacks;
    sum.maps += one->maps;
  }
  return sum;
}

}  // namespace tidemark::leakwatch
