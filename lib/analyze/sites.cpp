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

constexpr std::array<FindingKind, 15> kWorstFirst = {
    FindingKind::kFatal,        FindingKind::kInvalidAccess, FindingKind::kBadFree,
    FindingKind::kDefiniteLeak, FindingKind::kRace,          FindingKind::kLockOrder,
    FindingKind::kLockMisuse,   FindingKind::kGrowth,        FindingKind::kUninitialised,
    FindingKind::kBadCall,      FindingKind::kPossibleLeak,  FindingKind::kIndirectLeak,
    FindingKind::kOther,        FindingKind::kReachable,     FindingKind::kInUse};

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

std::string title_of(const Site& site) {
  std::string place = place_text(site.place);
  const std::string name(name_of(site.kind));
  if (is_leak(site.kind)) {
    const std::string blocks =
        site.blocks == 0 ? ""
                         : fmt::format(" in {} block{}", site.blocks, site.blocks == 1 ? "" : "s");
    const std::string bytes = (site.bytes_error > 0 ? "about " : "") + grouped_bytes(site.bytes);
    return fmt::format("{}: {}{} from {}", name, bytes, blocks, place);
  }
  const std::string times = site.count > 1 ? fmt::format(", {} times", site.count) : "";
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
  using Group = std::map<PlaceKey, std::vector<const Finding*>>;
  using Numbered = std::pair<std::string, std::vector<const Finding*>>;

  void add(const Finding& finding) {
    groups_[fingerprinter_.fingerprint_of(finding)][key_of(place_of(finding))].push_back(&finding);
  }

  std::vector<Numbered> take() {
    std::vector<Numbered> all;
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
  std::map<std::string, Group> groups_;
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

// Adds each finding that another one holds below its holder's site. `site_of` has the
// holders' places in `sites`.
void add_held(const std::vector<Grouper::Numbered>& groups,
              const std::unordered_map<const Finding*, const Finding*>& holders,
              const std::unordered_map<const Finding*, std::size_t>& site_of,
              std::vector<Site>& sites) {
  std::map<std::pair<std::size_t, std::size_t>, Site> held;  // by holder's site and group
  for (std::size_t group = 0; group < groups.size(); ++group) {
    for (const Finding* finding : groups[group].second) {
      const auto holder = holders.find(finding);
      if (holder == holders.end()) continue;
      const std::size_t at = site_of.at(holder->second);
      add(held[{at, group}], *finding);
      if (holder->second->indirect_bytes != 0) continue;
      sites[at].bytes = checked_add(sites[at].bytes, finding->bytes);
      sites[at].indirect_bytes = checked_add(sites[at].indirect_bytes, finding->bytes);
    }
  }
  for (auto& [key, site] : held) {
    finish(site, groups[key.second].first);
    sites[key.first].holds.push_back(std::move(site));
  }
}

}  // namespace

int severity_of(FindingKind kind) {
  return static_cast<int>(std::ranges::find(kWorstFirst, kind) - kWorstFirst.begin());
}

std::string grouped_bytes(std::int64_t bytes) {
  std::string digits = std::to_string(bytes);
  const std::size_t first = bytes < 0 ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3; at -= 3) digits.insert(at - 3, ",");
  return digits + " B";
}

std::string place_text(const Frame& frame) {
  if (frame.file.empty() || frame.line <= 0) return name_of(frame);
  const std::size_t slash = frame.file.rfind('/');
  const std::string file = slash == std::string::npos ? frame.file : frame.file.substr(slash + 1);
  return fmt::format("{} ({}:{})", name_of(frame), file, frame.line);
}

std::vector<Site> sites_of(const std::vector<Finding>& findings) {
  Grouper grouper;
  for (const Finding& finding : findings) grouper.add(finding);
  const auto groups = grouper.take();
  const std::unordered_map<const Finding*, const Finding*> holders = holders_of(findings);

  std::vector<Site> sites;
  std::unordered_map<const Finding*, std::size_t> site_of;  // of definite leaks
  for (const auto& [fingerprint, members] : groups) {
    Site site;
    for (const Finding* finding : members) {
      if (holders.contains(finding)) continue;
      add(site, *finding);
      site_of[finding] = sites.size();
    }
    if (site.count == 0) continue;
    finish(site, fingerprint);
    sites.push_back(std::move(site));
  }
  add_held(groups, holders, site_of, sites);
  for (Site& site : sites) {
    sort_worst_first(site.holds);
    site.title = title_of(site);
  }
  sort_worst_first(sites);
  return sites;
}

}  // namespace tidemark
