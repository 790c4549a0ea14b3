#include "lib/analyze/growth.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <utility>

#include "lib/analyze/fingerprint.h"
#include "lib/analyze/frames.h"
#include "lib/analyze/profile_findings.h"
#include "lib/analyze/sites.h"
#include "lib/base/numbers.h"

namespace tidemark {
namespace {

constexpr std::size_t kLeastSnapshots = 4;
constexpr std::int64_t kLeastBytes = 1024;
constexpr double kLeastErrors = 3;
constexpr double kLeastShare = 0.15;

// What one place had in one snapshot.
struct Amount {
  std::int64_t bytes = 0;
  std::int64_t blocks = 0;
  double variance = 0;
};

struct Place {
  std::vector<Amount> amounts;       // one a snapshot
  const Finding* example = nullptr;  // the latest, the largest of these
};

// A place has one name, whichever kind of leak its blocks were counted as.
class Places {
 public:
  std::string key_of(const Finding& finding) {
    Finding plain{.kind = FindingKind::kGrowth, .code = finding.code, .message = finding.message};
    std::int64_t line = 0;
    if (!finding.stacks.empty()) {
      const CallStack& stack = finding.stacks.front().frames;
      plain.stacks.push_back(finding.stacks.front());
      if (!stack.empty()) line = stack[interesting(stack)].line;
    }
    return fmt::format("{} {}", fingerprinter_.fingerprint_of(plain), line);
  }

  std::map<std::string, Place> of(const std::vector<Snapshot>& snapshots) {
    std::map<std::string, Place> places;
    for (std::size_t i = 0; i < snapshots.size(); ++i) {
      for (const Finding& finding : snapshots[i].findings) {
        if (!is_leak(finding.kind)) continue;
        Place& place = places[key_of(finding)];
        place.amounts.resize(snapshots.size());
        const bool first_here = place.amounts[i].bytes == 0;
        Amount& amount = place.amounts[i];
        amount.bytes = checked_add(amount.bytes, finding.bytes);
        amount.blocks = checked_add(amount.blocks, finding.blocks);
        amount.variance += finding.bytes_error * finding.bytes_error;
        if (first_here || finding.bytes > place.example->bytes) place.example = &finding;
      }
    }
    return places;
  }

 private:
  Fingerprinter fingerprinter_;
};

// The last snapshot taken before `part` of the time had passed.
std::size_t index_at(const std::vector<Snapshot>& snapshots, double part) {
  const auto start = static_cast<double>(snapshots.front().at);
  const double span = static_cast<double>(snapshots.back().at) - start;
  std::size_t index = 0;
  for (std::size_t i = 0; i < snapshots.size(); ++i) {
    if (static_cast<double>(snapshots[i].at) - start <= part * span) index = i;
  }
  return index;
}

bool kept_growing(const std::vector<Snapshot>& snapshots, const std::vector<Amount>& amounts) {
  const auto bytes = [&](std::size_t i) { return static_cast<double>(amounts[i].bytes); };
  const double first = bytes(0);
  const double third = bytes(index_at(snapshots, 1.0 / 3));
  const double two_thirds = bytes(index_at(snapshots, 2.0 / 3));
  const double last = bytes(amounts.size() - 1);
  const double growth = last - first;
  const double error = std::sqrt(amounts.front().variance + amounts.back().variance);
  return growth >= static_cast<double>(kLeastBytes) && growth >= kLeastErrors * error &&
         two_thirds - third >= kLeastShare * growth && last - two_thirds >= kLeastShare * growth;
}

Finding growth_at(const Place& place) {
  const Amount& first = place.amounts.front();
  const Amount& last = place.amounts.back();
  Finding finding = *place.example;
  finding.kind = FindingKind::kGrowth;
  finding.code = "Growth";
  finding.bytes = last.bytes - first.bytes;
  finding.blocks = last.blocks - first.blocks;
  finding.indirect_bytes = 0;
  finding.indirect_blocks = 0;
  finding.bytes_error = std::sqrt(first.variance + last.variance);
  finding.count = 1;
  finding.suppression.clear();
  finding.fingerprint.clear();
  finding.message = fmt::format("grew from {} to {} over {} snapshots", grouped_bytes(first.bytes),
                                grouped_bytes(last.bytes), place.amounts.size());
  return finding;
}

}  // namespace

std::vector<Snapshot> snapshots_of(const Recording& recording) {
  std::vector<Snapshot> snapshots;
  for (const Profile& profile : recording.profiles) {
    if (profile.at_unit.empty() || !in_use_bytes(profile)) continue;
    snapshots.push_back(
        {.at = profile.at, .at_unit = profile.at_unit, .findings = findings_from_profile(profile)});
  }
  if (snapshots.size() < 2) return {};
  std::ranges::stable_sort(snapshots, {}, &Snapshot::at);
  return snapshots;
}

std::vector<Finding> growth_of(const std::vector<Snapshot>& snapshots) {
  std::vector<Finding> findings;
  if (snapshots.size() < kLeastSnapshots) return findings;
  for (const auto& [key, place] : Places().of(snapshots)) {
    if (place.example->stacks.empty()) continue;  // the sum of small places is no place
    if (kept_growing(snapshots, place.amounts)) findings.push_back(growth_at(place));
  }
  std::ranges::stable_sort(findings, std::greater{}, &Finding::bytes);
  return findings;
}

void add_history(std::vector<Site>& sites, const std::vector<Snapshot>& snapshots) {
  const auto timed = [](const Snapshot& snapshot) { return snapshot.at_unit == "ms"; };
  if (std::ranges::none_of(snapshots, timed)) return;
  Places names;
  const std::map<std::string, Place> places = names.of(snapshots);
  for (Site& site : sites) {
    if (!is_leak(site.kind)) continue;
    const auto place = places.find(names.key_of(site.example));
    if (place == places.end()) continue;
    site.history.clear();
    for (std::size_t i = 0; i < snapshots.size(); ++i) {
      if (!timed(snapshots[i])) continue;
      site.history.push_back({.at = snapshots[i].at, .value = place->second.amounts[i].bytes});
    }
  }
}

}  // namespace tidemark
