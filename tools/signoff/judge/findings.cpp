#include <algorithm>
#include <set>
#include <utility>

#include "lib/analyze/sites.h"
#include "tools/signoff/judge/judge.h"

namespace tidemark::signoff {

void Judge::find(SignoffResult& result) const {
  for (const PhaseResult& phase : result.phases) {
    const auto found = judged_.find(phase.id());
    if (found == judged_.end()) continue;
    const Judged& judged = found->second;
    std::vector<std::string> known;
    if (standard_.baseline != nullptr) known = standard_.baseline->known_in(phase.id());
    std::set<std::string> seen;
    for (std::size_t i = 0; i < judged.facts.size(); ++i) {
      for (Site site : judged.facts[i].sites) {
        // Repetitions find the same again.
        if (!seen.insert(judged.runs[i].name + site.fingerprint).second) continue;
        if (standard_.baseline != nullptr) {
          const bool old = std::ranges::binary_search(known, site.fingerprint);
          site.status = old ? SiteStatus::kKnown : SiteStatus::kNew;
        }
        result.findings.push_back({std::move(site), phase.id(), judged.runs[i].directory});
      }
    }
  }
  std::ranges::stable_sort(result.findings, [](const FoundSite& a, const FoundSite& b) {
    const auto key = [](const FoundSite& one) {
      return std::pair(one.site.status == SiteStatus::kKnown, severity_of(one.site.kind));
    };
    return key(a) < key(b);
  });
}

// What the baseline found in a run that was done again now, and that did not find it.
void Judge::find_fixed(SignoffResult& result) const {
  std::set<std::pair<std::string, std::string>> present;
  for (const FoundSite& found : result.findings) {
    present.insert({found.phase, found.site.fingerprint});
  }
  for (const FormerRun& former : standard_.baseline->runs) {
    const auto judged = judged_.find(former.phase);
    if (judged == judged_.end()) continue;
    const auto& facts = judged->second.facts;
    const bool again = std::ranges::any_of(facts, [&](const RunFacts& now) {
      return same_kind(now.run, former.facts.run) &&
             (now.judges_leaks || now.judges_races || !former.facts.judges_leaks);
    });
    if (!again) continue;
    for (Site site : former.facts.sites) {
      if (!present.insert({former.phase, site.fingerprint}).second) continue;
      site.status = SiteStatus::kFixed;
      result.fixed.push_back({std::move(site), former.phase, ""});
    }
  }
}

}  // namespace tidemark::signoff
