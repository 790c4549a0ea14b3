#include "lib/analyze/site_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <optional>

#include "lib/analyze/call_stacks.h"
#include "lib/analyze/frames.h"
#include "lib/analyze/profile_findings.h"
#include "lib/base/error.h"
#include "lib/base/hash.h"

namespace tidemark {
namespace {

constexpr double kHourMs = 3600e3;

// Of everything that was ever allocated, as far as the producer counts it.
std::optional<std::size_t> allocated_bytes(const Profile& profile) {
  const auto& types = profile.value_types();
  const auto at = std::ranges::find(types, "alloc_space", &ValueType::name);
  if (at == types.end()) return std::nullopt;
  const auto index = static_cast<std::size_t>(at - types.begin());
  // jemalloc writes 0 unless it was asked to count; tcmalloc's sampler what is in use.
  const std::vector<std::int64_t> total = profile.total();
  if (profile.sampled() || total[index] == 0) return std::nullopt;
  return index;
}

}  // namespace

SiteHistory::Known& SiteHistory::known(const CallStack& stack, Fingerprinter& fingerprinter) {
  Finding finding{.kind = FindingKind::kGrowth, .code = "Growth"};
  Frame place;
  if (!stack.empty()) {
    finding.stacks.push_back({.label = {}, .frames = stack});
    place = stack[interesting(stack)];
  }
  Key key{fingerprinter.fingerprint_of(finding), place.line};
  if (const auto at = sites_.find(key); at != sites_.end()) return at->second;
  if (sites_.size() >= kMostSites && !stack.empty()) return known(CallStack(), fingerprinter);
  Known& fresh = sites_[std::move(key)];
  fresh.place = std::move(place);
  return fresh;
}

void SiteHistory::add(const Taken& taken, const Profile& profile) {
  assert(taken_.empty() || taken.at_ms >= taken_.back().at_ms);
  const std::optional<std::size_t> bytes = in_use_bytes(profile);
  if (!bytes) {
    throw Error(fmt::format("the profile '{}' does not say what memory is in use", profile.title));
  }
  const std::optional<std::size_t> blocks = in_use_blocks(profile);
  const std::optional<std::size_t> allocated = allocated_bytes(profile);
  const auto snapshot = static_cast<std::uint32_t>(taken_.size());
  taken_.push_back(taken);
  Fingerprinter fingerprinter;
  CallStacks stacks(profile);
  std::vector<CallStack> all;  // the fingerprinter goes by where their frames are
  for (std::uint32_t i = 0; i < profile.stacks(); ++i) {
    const auto self = profile.self(StackId{i});
    const Amount here{.snapshot = snapshot,
                      .bytes = static_cast<double>(std::max<std::int64_t>(self[*bytes], 0)),
                      .blocks = blocks ? static_cast<double>(self[*blocks]) : 0,
                      .variance = profile.variance(StackId{i}, *bytes),
                      .allocated = allocated ? static_cast<double>(self[*allocated]) : -1};
    if (here.bytes <= 0 && here.allocated <= 0) continue;
    all.push_back(stacks.of(StackId{i}));
    known(all.back(), fingerprinter).take(all.back(), here);
  }
}

void SiteHistory::add_lives(const std::string& process, const std::vector<StackLook>& looks) {
  Fingerprinter fingerprinter;
  std::map<Known*, SiteLook> of_sites;  // several stacks may be one site
  for (const StackLook& one : looks) {
    const auto [at, is_new] = of_sites.emplace(&known(one.stack, fingerprinter), one.look);
    if (is_new) continue;
    SiteLook& sum = at->second;
    sum.since_ns = std::min(sum.since_ns, one.look.since_ns);
    sum.living.insert(sum.living.end(), one.look.living.begin(), one.look.living.end());
    for (std::size_t i = 0; i < std::min(sum.freed.size(), one.look.freed.size()); ++i) {
      sum.freed[i].count += one.look.freed[i].count;
    }
  }
  for (auto& [site, look] : of_sites) site->lifetimes.add(process, look);
}

void SiteHistory::Known::take(const CallStack& held_by, const Amount& here) {
  if (here.bytes > largest || stack.empty()) {
    largest = here.bytes;
    stack = held_by;
  }
  if (amounts.empty() || amounts.back().snapshot != here.snapshot) {
    amounts.push_back(here);
    return;
  }
  Amount& amount = amounts.back();
  amount.bytes += here.bytes;
  amount.blocks += here.blocks;
  amount.variance += here.variance;
  if (here.allocated >= 0) amount.allocated += here.allocated;
}

std::vector<SitePoint> SiteHistory::points_of(const Known& known) const {
  std::vector<SitePoint> points;
  double step = 1;  // as it was when it was last seen
  auto amount = known.amounts.begin();
  for (std::uint32_t i = 0; i < taken_.size(); ++i) {
    SitePoint point{.hours = static_cast<double>(taken_[i].at_ms - taken_[0].at_ms) / kHourMs,
                    .step = step,
                    .life = taken_[i].life};
    if (amount != known.amounts.end() && amount->snapshot == i) {
      point.bytes = amount->bytes;
      point.variance = amount->variance;
      point.allocated = amount->allocated;
      if (amount->bytes > 0) {
        step = amount->bytes / std::max(amount->blocks, 1.0) + amount->variance / amount->bytes;
      }
      point.step = step;
      ++amount;
    } else if (!taken_[i].complete) {
      continue;
    }
    points.push_back(point);
  }
  return points;
}

std::vector<SiteSeries> SiteHistory::series() const {
  std::vector<SiteSeries> all;
  const std::string* fingerprint = nullptr;
  std::uint64_t number = 0;
  for (const auto& [key, known] : sites_) {
    number = fingerprint != nullptr && *fingerprint == key.first ? number + 1 : 0;
    fingerprint = &key.first;
    all.push_back(
        {.fingerprint =
             number == 0 ? key.first : fmt::format("{:016x}", tidemark::hash_of(key.first, number)),
         .place = known.place,
         .stack = known.stack,
         .points = points_of(known),
         .lifetimes = known.lifetimes.all(),
         .watched_s = known.lifetimes.watched_s()});
  }
  return all;
}

}  // namespace tidemark
