#include <algorithm>
#include <set>
#include <utility>

#include "lib/analyze/sites.h"
#include "tools/signoff/judge/judge.h"

namespace tidemark::signoff {
namespace {

// Who holds memory is no trouble by itself: budgets are for that.
bool is_trouble(const Site& site) {
  return site.kind != FindingKind::kInUse && site.kind != FindingKind::kReachable;
}

// Whether a run looked for all that `other` looked for.
bool looks_like(const RunFacts& run, const RunFacts& other) {
  return same_kind(run.run, other.run) && (run.judges_leaks || !other.judges_leaks) &&
         (run.judges_races || !other.judges_races);
}

}  // namespace

// The fingerprints that the baseline has there; nothing without a baseline, or one in which no
// run looked for what `like` looks for: then nobody knows what is new.
std::optional<std::vector<std::string>> Judge::known_in(const std::string& phase,
                                                        const RunFacts& like) const {
  const Baseline* const baseline = standard_.baseline;
  const auto looked = [&](const BaselineRun& former) {
    return (former.phase.empty() || former.phase == phase) && looks_like(former.facts, like);
  };
  if (baseline == nullptr || std::ranges::none_of(baseline->runs, looked)) return std::nullopt;
  return baseline->known_in(phase);
}

void Judge::find_in(const Judged& judged, std::vector<FoundSite>& findings) const {
  std::set<std::string> seen;  // repetitions find the same again
  for (std::size_t i = 0; i < judged.facts.size(); ++i) {
    const auto known = known_in(judged.id, judged.facts[i]);
    const auto status = [&](const Site& site) {
      if (!known) return SiteStatus::kUnjudged;
      const bool old = std::ranges::binary_search(*known, site.fingerprint);
      return old ? SiteStatus::kKnown : SiteStatus::kNew;
    };
    for (Site site : judged.facts[i].sites) {
      if (!is_trouble(site)) continue;
      if (!seen.insert(judged.runs[i].name + site.fingerprint).second) continue;
      site.status = status(site);
      findings.push_back({std::move(site), judged.id, judged.runs[i].directory});
    }
  }
}

void Judge::find(SignoffResult& result) const {
  for (const PhaseResult& phase : result.phases) {
    const auto found = judged_.find(phase.id());
    if (found != judged_.end()) find_in(found->second, result.findings);
  }
  std::ranges::stable_sort(result.findings, [](const FoundSite& a, const FoundSite& b) {
    const auto key = [](const FoundSite& one) {
      return std::pair(one.site.status == SiteStatus::kKnown, severity_of(one.site.kind));
    };
    return key(a) < key(b);
  });
}

// Whether what `former` found would be found by the runs of `judged`, if it were still there.
bool Judge::repeats(const Judged& judged, const BaselineRun& former) {
  if (!former.phase.empty() && former.phase != judged.id) return false;
  return std::ranges::any_of(judged.facts,
                             [&](const RunFacts& now) { return looks_like(now, former.facts); });
}

// What the baseline found in a run that was done again now, and that did not find it.
void Judge::find_fixed(SignoffResult& result) const {
  std::set<std::pair<std::string, std::string>> present;
  for (const FoundSite& found : result.findings) {
    present.insert({found.phase, found.site.fingerprint});
  }
  for (const BaselineRun& former : standard_.baseline->runs) {
    for (const auto& [id, judged] : judged_) {
      if (!repeats(judged, former)) continue;
      for (Site site : former.facts.sites) {
        if (!is_trouble(site) || !present.insert({id, site.fingerprint}).second) continue;
        site.status = SiteStatus::kFixed;
        result.fixed.push_back({std::move(site), id, ""});
      }
    }
  }
}

}  // namespace tidemark::signoff
