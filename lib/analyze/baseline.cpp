#include "lib/analyze/baseline.h"

#include <string>
#include <unordered_set>

namespace tidemark {
namespace {

using Fingerprints = std::unordered_set<std::string>;

Fingerprints fingerprints_of(const std::vector<Site>& sites) {
  Fingerprints all;
  for (const Site& site : sites) {
    all.insert(site.fingerprint);
    for (const Site& held : site.holds) all.insert(held.fingerprint);
  }
  return all;
}

void set_status(Site& site, const Fingerprints& known) {
  site.status = known.contains(site.fingerprint) ? SiteStatus::kKnown : SiteStatus::kNew;
}

}  // namespace

std::vector<Site> judge(std::vector<Site>& sites, const std::vector<Site>& baseline) {
  const Fingerprints known = fingerprints_of(baseline);
  for (Site& site : sites) {
    set_status(site, known);
    for (Site& held : site.holds) set_status(held, known);
  }
  const Fingerprints present = fingerprints_of(sites);
  std::vector<Site> fixed;
  for (const Site& site : baseline) {
    if (present.contains(site.fingerprint)) continue;
    fixed.push_back(site);
    fixed.back().status = SiteStatus::kFixed;
  }
  return fixed;
}

}  // namespace tidemark
