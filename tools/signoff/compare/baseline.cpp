#include "tools/signoff/compare/baseline.h"

#include <algorithm>
#include <optional>

namespace tidemark::signoff {
namespace {

// "watch" of "leakwatch watch --for 1h"; empty when an option or nothing follows the tool.
std::string verb_of(const Run& run) {
  if (run.command.size() < 2 || run.command[1].starts_with('-')) return "";
  return run.command[1];
}

}  // namespace

bool same_kind(const Run& a, const Run& b) {
  return a.tool == b.tool && a.backend == b.backend && verb_of(a) == verb_of(b);
}

std::vector<const RunFacts*> Baseline::facts_for(std::string_view phase, std::string_view run,
                                                 const Run& like) const {
  std::vector<const RunFacts*> found;
  for (const BaselineRun& former : runs) {
    const bool meant = former.phase.empty()
                           ? same_kind(former.facts.run, like)
                           : former.phase == phase && (run.empty() || former.name == run);
    if (meant) found.push_back(&former.facts);
  }
  return found;
}

std::vector<budget::Measure> Baseline::measures_for(std::string_view phase, std::string_view run,
                                                    const Run& like,
                                                    const budget::Subject& subject) const {
  const std::vector<std::string> known = known_in(phase);
  std::vector<budget::Measure> measures;
  for (const RunFacts* facts : facts_for(phase, run, like)) {
    if (const auto measure = measure_of(*facts, subject, &known)) measures.push_back(*measure);
  }
  return measures;
}

std::vector<std::string> Baseline::known_in(std::string_view phase) const {
  std::vector<std::string> known;
  for (const BaselineRun& former : runs) {
    if (!former.phase.empty() && former.phase != phase) continue;
    for (const Site& site : former.facts.sites) {
      known.push_back(site.fingerprint);
      for (const Site& held : site.holds) known.push_back(held.fingerprint);
    }
  }
  std::ranges::sort(known);
  known.erase(std::unique(known.begin(), known.end()), known.end());
  return known;
}

}  // namespace tidemark::signoff
