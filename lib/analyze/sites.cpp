#include "lib/analyze/sites.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <compare>
#include <cstddef>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "lib/analyze/fingerprint.h"
#include "lib/analyze/frames.h"
#include "lib/analyze/holders.h"
#include "lib/analyze/names.h"
#include "lib/analyze/profile_findings.h"
#include "lib/base/hash.h"
#include "lib/base/numbers.h"

namespace tidemark {
namespace {

constexpr std::array<FindingKind, 14> kWorstFirst = {
    FindingKind::kFatal,        FindingKind::kInvalidAccess, FindingKind::kBadFree,
    FindingKind::kDefiniteLeak, FindingKind::kRace,          FindingKind::kLockOrder,
    FindingKind::kLockMisuse,   FindingKind::kGrowth,        FindingKind::kUninitialised,
    FindingKind::kBadCall,      FindingKind::kPossibleLeak,  FindingKind::kIndirectLeak,
    FindingKind::kOther,        FindingKind::kReachable};

// Where findings with one fingerprint differ: the line of the interesting
// frame, else its function or its place in the module. Ordered by line.
struct PlaceKey {
  std::string file;
  std::int64_t line = 0;
  std::string function;
  std::uint64_t offset = 0;
  std::uint64_t address = 0;

  friend auto operator<=>(const PlaceKey&, const PlaceKey&) = default;
};

Frame place_of(const Finding& finding) {
  for (const LabelledStack& stack : finding.stacks) {
    if (!stack.frames.empty()) return stack.frames[interesting(stack.frames)];
  }
  return {};
}

PlaceKey key_of(const Frame& place) {
  if (place.line > 0) return {.file = plain_module(place.file), .line = place.line};
  if (!place.function.empty()) return {.function = place.function};
  if (place.offset != 0) return {.offset = place.offset};
  return {.address = place.address};
}

std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  const std::size_t first = number < 0 ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string title_of(const Site& site) {
  std::string place = place_text(site.place);
  const bool in_use = site.example.code == kInUseCode;
  const std::string name(in_use ? "in use" : name_of(site.kind));
  if (is_leak(site.kind)) {
    const std::string blocks =
        site.blocks == 0
            ? ""
            : fmt::format(" in {} block{}", grouped(site.blocks), site.blocks == 1 ? "" : "s");
    const std::string bytes = (site.bytes_error > 0 ? "about " : "") + grouped_bytes(site.bytes);
    return fmt::format("{}: {}{} from {}", name, bytes, blocks, place);
  }
  const std::string times = site.count > 1 ? fmt::format(", {} times", grouped(site.count)) : "";
  return fmt::format("{} in {}{}", name, place, times);
}

// Adds one finding to its site; the largest becomes the example.
void add(Site& site, const Finding& finding) {
  const auto weight = [](const Finding& f) { return std::tuple(f.bytes, f.count); };
  if (site.count == 0 || weight(finding) > weight(site.example)) {
    site.example = finding;
    site.place = place_of(finding);
  }
  site.kind = finding.kind;
  site.bytes = checked_add(site.bytes, finding.bytes);
  site.blocks = checked_add(site.blocks, finding.blocks);
  site.indirect_bytes = checked_add(site.indirect_bytes, finding.indirect_bytes);
  site.count = checked_add(site.count, finding.count);
  site.bytes_error = std::hypot(site.bytes_error, finding.bytes_error);
  if (finding.pid == 0) return;
  const auto at = std::ranges::lower_bound(site.pids, finding.pid);
  if (at == site.pids.end() || *at != finding.pid) site.pids.insert(at, finding.pid);
}

// Numbers the sites of equal fingerprint, in the order of their lines.
class Grouper {
 public:
  using Groups = std::vector<std::pair<std::string, std::vector<const Finding*>>>;

  void add(const Finding& finding) {
    groups_[fingerprinter_.fingerprint_of(finding)][key_of(place_of(finding))].push_back(&finding);
  }

  // By fingerprint, and by line where one fingerprint has several.
  Groups take() {
    Groups all;
    for (auto& [fingerprint, places] : groups_) {
      std::uint64_t number = 0;
      for (auto& [key, findings] : places) {
        all.emplace_back(number == 0
                             ? fingerprint
                             : fmt::format("{:016x}", tidemark::hash_of(fingerprint, number)),
                         std::move(findings));
        ++number;
      }
    }
    return all;
  }

 private:
  Fingerprinter fingerprinter_;
  std::map<std::string, std::map<PlaceKey, std::vector<const Finding*>>> groups_;
};

void finish(Site& site, const std::string& fingerprint) {
  site.fingerprint = fingerprint;
  site.example.fingerprint = fingerprint;
  site.title = title_of(site);
}

void sort_worst_first(std::vector<Site>& sites) {
  std::ranges::sort(sites, [](const Site& a, const Site& b) {
    const auto rank = [](const Site& site) {
      return std::tuple(severity_of(site.kind), -site.bytes, -site.count);
    };
    const auto mine = rank(a);
    const auto theirs = rank(b);
    return std::tie(mine, a.fingerprint) < std::tie(theirs, b.fingerprint);
  });
}

// Makes sites of groups, and puts what is held under what holds it.
class SiteBuilder {
 public:
  using Holders = std::unordered_map<const Finding*, const Finding*>;

  SiteBuilder(Grouper::Groups groups, Holders holders)
      : groups_(std::move(groups)), holders_(std::move(holders)) {}

  std::vector<Site> build() && {
    for (const auto& [fingerprint, members] : groups_) add_site(fingerprint, members);
    for (std::size_t i = 0; i < groups_.size(); ++i) collect_held(i);
    for (auto& [key, site] : held_) {
      finish(site, groups_[key.second].first);
      sites_[key.first].holds.push_back(std::move(site));
    }
    return std::move(sites_);
  }

 private:
  void add_site(const std::string& fingerprint, const std::vector<const Finding*>& members) {
    Site site;
    for (const Finding* finding : members) {
      if (holders_.contains(finding)) continue;
      add(site, *finding);
      site_of_[finding] = sites_.size();
    }
    if (site.count == 0) return;
    finish(site, fingerprint);
    sites_.push_back(std::move(site));
  }

  void collect_held(std::size_t group) {
    for (const Finding* finding : groups_[group].second) {
      const auto holder = holders_.find(finding);
      if (holder == holders_.end()) continue;
      const std::size_t at = site_of_.at(holder->second);
      add(held_[{at, group}], *finding);
      if (holder->second->indirect_bytes != 0) continue;
      sites_[at].bytes = checked_add(sites_[at].bytes, finding->bytes);
      sites_[at].indirect_bytes = checked_add(sites_[at].indirect_bytes, finding->bytes);
    }
  }

  Grouper::Groups groups_;
  Holders holders_;
  std::vector<Site> sites_;
  std::unordered_map<const Finding*, std::size_t> site_of_;
  std::map<std::pair<std::size_t, std::size_t>, Site> held_;  // by the holder's site, and group
};

}  // namespace

int severity_of(FindingKind kind) {
  return static_cast<int>(std::ranges::find(kWorstFirst, kind) - kWorstFirst.begin());
}

std::string grouped_bytes(std::int64_t bytes) { return grouped(bytes) + " B"; }

std::string place_text(const Frame& frame) {
  if (frame.file.empty() || frame.line <= 0) return name_of(frame);
  const std::size_t slash = frame.file.rfind('/');
  const std::string file = slash == std::string::npos ? frame.file : frame.file.substr(slash + 1);
  return fmt::format("{} ({}:{})", name_of(frame), file, frame.line);
}

std::vector<Site> sites_of(const std::vector<Finding>& findings) {
  Grouper grouper;
  for (const Finding& finding : findings) grouper.add(finding);
  std::vector<Site> sites = SiteBuilder(grouper.take(), holders_of(findings)).build();
  for (Site& site : sites) {
    sort_worst_first(site.holds);
    site.title = title_of(site);
  }
  sort_worst_first(sites);
  return sites;
}

}  // namespace tidemark
