#include "tools/signoff/compare/findings.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "lib/analyze/baseline.h"
#include "lib/analyze/sites.h"

namespace tidemark::signoff {
namespace {

// The sites of all repetitions, each once, the largest of its like; and in how many runs it was.
struct Seen {
  std::vector<Site> sites;
  std::map<std::string, int> runs;
};

Seen seen_in(const Side& side) {
  Seen seen;
  std::map<std::string, std::size_t> places;
  for (const RunFacts* facts : side) {
    std::set<std::string> here;
    for (const Site& site : facts->sites) {
      // What is in use is compared by its stacks.
      if (!site.suppressed_by.empty() || site.kind == FindingKind::kInUse) continue;
      if (here.insert(site.fingerprint).second) ++seen.runs[site.fingerprint];
      const auto [place, is_new] = places.emplace(site.fingerprint, seen.sites.size());
      if (is_new) {
        seen.sites.push_back(site);
      } else if (site.bytes > seen.sites[place->second].bytes) {
        seen.sites[place->second] = site;
      }
    }
  }
  return seen;
}

bool looks_for(const Side& side, FindingKind kind) {
  return std::ranges::all_of(side, [&](const RunFacts* facts) {
    if (is_leak(kind)) return facts->judges_leaks;
    const bool race = kind == FindingKind::kRace || kind == FindingKind::kLockOrder ||
                      kind == FindingKind::kLockMisuse;
    return !race || facts->judges_races;
  });
}

void sort_findings(std::vector<FindingChange>& findings) {
  std::ranges::stable_sort(findings, {}, [](const FindingChange& change) {
    const Site& site = change.site;
    return std::tuple(site.status != SiteStatus::kNew, severity_of(site.kind), -site.bytes,
                      -site.count, site.fingerprint);
  });
}

}  // namespace

bool is_trouble(FindingKind kind) {
  switch (kind) {
    case FindingKind::kDefiniteLeak:
    case FindingKind::kInvalidAccess:
    case FindingKind::kUninitialised:
    case FindingKind::kBadFree:
    case FindingKind::kBadCall:
    case FindingKind::kFatal:
    case FindingKind::kRace:
    case FindingKind::kLockOrder:
    case FindingKind::kLockMisuse:
      return true;
    default:
      return false;
  }
}

void add_findings(PairChange& pair, const Side& before, const Side& after) {
  Seen old = seen_in(before);
  Seen now = seen_in(after);
  std::vector<Site> fixed = judge(now.sites, old.sites);
  const bool spoilt = std::ranges::any_of(
      pair.concerns, [](const Concern& c) { return c.spoils == Spoils::kFindings; });
  const auto judged = [&](Site& site, const Side& other) {
    if (spoilt || !looks_for(other, site.kind)) site.status = SiteStatus::kUnjudged;
  };
  for (Site& site : now.sites) {
    if (site.status == SiteStatus::kNew) judged(site, before);
    const std::string& key = site.fingerprint;
    pair.findings.push_back(
        {.site = site, .before_runs = old.runs[key], .after_runs = now.runs[key]});
  }
  for (Site& site : fixed) {
    judged(site, after);
    const int runs = old.runs[site.fingerprint];
    pair.fixed.push_back({.site = site, .before_runs = runs});
  }
  sort_findings(pair.findings);
  sort_findings(pair.fixed);
}

}  // namespace tidemark::signoff
