#include "lib/analyze/lifetimes.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

namespace tidemark {
namespace {

double seconds_between(std::uint64_t from_ns, std::uint64_t to_ns) {
  return to_ns > from_ns ? static_cast<double>(to_ns - from_ns) / 1e9 : 0;
}

// What was freed since the look before. Counts that are smaller than then began anew.
std::vector<FreedAtAge> newly_freed(const std::vector<FreedAtAge>& now,
                                    const std::vector<FreedAtAge>& before) {
  std::vector<FreedAtAge> fresh = now;
  if (before.size() != now.size()) return fresh;
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (now[i].count < before[i].count) return fresh;
  }
  for (std::size_t i = 0; i < now.size(); ++i) fresh[i].count -= before[i].count;
  return fresh;
}

// The age of a block that is gone, as far as the counts say: they lose one.
Lifetime lifetime_of(double low_s, double high_s, std::vector<FreedAtAge>& freed) {
  for (FreedAtAge& bucket : freed) {
    if (bucket.count == 0 || bucket.high_s <= low_s || bucket.low_s > high_s) continue;
    --bucket.count;
    return {.low_s = std::max(low_s, bucket.low_s), .high_s = std::min(high_s, bucket.high_s)};
  }
  return {.low_s = low_s, .high_s = high_s};  // nobody saw it freed, but it is gone
}

}  // namespace

void SiteLifetimes::add(const std::string& process, const SiteLook& look) {
  Process& known = processes_[process];
  const bool is_first = known.now_ns == 0;
  if (!is_first && known.since_ns != look.since_ns && known.now_ns <= look.since_ns) {
    // Another process under its name: the former one's blocks live as long as is known.
    for (const LivingBlock& block : known.living) {
      ended_.push_back({.low_s = seconds_between(block.born_ns, known.now_ns)});
    }
    watched_before_s_ = std::max(watched_before_s_, seconds_between(known.since_ns, known.now_ns));
    known = {};
  }
  std::vector<LivingBlock> living = look.living;
  std::ranges::sort(living);
  std::vector<FreedAtAge> freed = newly_freed(look.freed, known.freed);
  std::vector<LivingBlock> gone;
  std::ranges::set_difference(known.living, living, std::back_inserter(gone));
  for (const LivingBlock& block : gone) {
    ended_.push_back(lifetime_of(seconds_between(block.born_ns, known.now_ns),
                                 seconds_between(block.born_ns, look.now_ns), freed));
  }
  const double most_s = seconds_between(std::max(known.now_ns, look.since_ns), look.now_ns);
  for (const FreedAtAge& bucket : freed) {
    if (bucket.count <= 0) continue;
    const double low_s = std::min(bucket.low_s, most_s);
    ended_.push_back({.low_s = low_s,
                      .high_s = std::clamp(bucket.high_s, low_s, most_s),
                      .count = static_cast<double>(bucket.count)});
  }
  known = {.since_ns = known.now_ns == 0 ? look.since_ns : std::min(known.since_ns, look.since_ns),
           .now_ns = look.now_ns,
           .living = std::move(living),
           .freed = look.freed};
}

std::vector<Lifetime> SiteLifetimes::all() const {
  std::vector<Lifetime> lifetimes = ended_;
  for (const auto& [name, process] : processes_) {
    for (const LivingBlock& block : process.living) {
      lifetimes.push_back({.low_s = seconds_between(block.born_ns, process.now_ns)});
    }
  }
  return lifetimes;
}

double SiteLifetimes::watched_s() const {
  double longest = watched_before_s_;
  for (const auto& [name, process] : processes_) {
    longest = std::max(longest, seconds_between(process.since_ns, process.now_ns));
  }
  return longest;
}

}  // namespace tidemark
