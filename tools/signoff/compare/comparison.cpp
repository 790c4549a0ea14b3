#include "tools/signoff/compare/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/glob.h"
#include "tools/signoff/compare/findings.h"
#include "tools/signoff/compare/metrics.h"
#include "tools/signoff/compare/site_changes.h"
#include "tools/signoff/compare/surroundings.h"

namespace tidemark::signoff {
namespace {

using Key = std::tuple<std::string, std::string>;  // phase and name
using Groups = std::map<Key, Side>;

// Of a run that belongs to no campaign: runs of the same kind are repetitions.
std::string kind_of(const Run& run) {
  std::string kind = run.tool;
  if (run.command.size() > 1 && !run.command[1].starts_with('-') && run.command[1] != "run")
    kind += " " + run.command[1];
  return run.backend.empty() ? kind : kind + " " + run.backend;
}

Groups groups_of(const Baseline& side, const std::string& phases) {
  Groups groups;
  for (const BaselineRun& run : side.runs) {
    if (!matches_glob(phases, run.phase)) continue;
    const std::string name = side.campaign ? run.name : kind_of(run.facts.run);
    groups[{run.phase, name}].push_back(&run.facts);
  }
  return groups;
}

std::string text_of(const Key& key) {
  const auto& [phase, name] = key;
  return phase.empty() ? name : phase + ": " + name;
}

// The only kind on each side is meant to be compared, even if it is not the same.
void pair_the_only_ones(Groups& before, Groups& after) {
  if (before.size() != 1 || after.size() != 1) return;
  const Key& old = before.begin()->first;
  const Key& now = after.begin()->first;
  if (old == now || !std::get<0>(old).empty() || !std::get<0>(now).empty()) return;
  const Key both{"", std::get<1>(old) + " and " + std::get<1>(now)};
  Side side = before.begin()->second;
  before = {{both, std::move(side)}};
  side = after.begin()->second;
  after = {{both, std::move(side)}};
}

std::vector<Terms> terms_of_side(const Side& side) {
  std::vector<Terms> all;
  for (const RunFacts* facts : side) all.push_back(terms_of(*facts));
  return all;
}

void add_runs(PairChange& pair, std::vector<std::string>& directories, const Side& side) {
  for (const RunFacts* facts : side) {
    directories.push_back(facts->directory.string());
    for (const std::string& warning : facts->warnings)
      pair.warnings.push_back(facts->directory.filename().string() + ": " + warning);
  }
}

// Why no run of one campaign compares with those of the other.
std::vector<Concern> concerns_of_all(const Baseline& before, const Baseline& after) {
  if (!before.campaign || before.scale == after.scale) return {};
  return {{.text = fmt::format("different scales: {:g} and {:g}", before.scale, after.scale),
           .spoils = Spoils::kAll}};
}

PairChange compared(const Key& key, const Side& before, const Side& after,
                    const std::vector<Concern>& concerns) {
  PairChange pair{.phase = std::get<0>(key), .name = std::get<1>(key)};
  add_runs(pair, pair.before_directories, before);
  add_runs(pair, pair.after_directories, after);
  pair.surroundings = surroundings(terms_of_side(before), terms_of_side(after));
  pair.concerns = concerns_of(pair.surroundings, before, after);
  pair.concerns.insert(pair.concerns.begin(), concerns.begin(), concerns.end());
  pair.before_deaths = deaths_of(before);
  pair.after_deaths = deaths_of(after);
  pair.metrics = metric_changes(before, after, pair.concerns);
  add_findings(pair, before, after);
  add_sites(pair, before, after);
  return pair;
}

// Fills in the pairs, and what has no match.
void match(Comparison& comparison, const Groups& old, const Groups& now,
           const std::vector<Concern>& concerns) {
  for (const auto& [key, side] : now) {
    const auto found = old.find(key);
    if (found == old.end()) {
      comparison.only_after.push_back(text_of(key));
    } else {
      comparison.pairs.push_back(compared(key, found->second, side, concerns));
    }
  }
  for (const auto& [key, side] : old)
    if (!now.contains(key)) comparison.only_before.push_back(text_of(key));
}

}  // namespace

Comparison compare_runs(const Baseline& before, const Baseline& after,
                        const CompareOptions& options) {
  if (before.campaign != after.campaign) {
    const std::string& bare = before.campaign ? after.name : before.name;
    const std::string& whole = before.campaign ? before.name : after.name;
    throw UsageError(fmt::format("{} is a campaign, and {} is not", whole, bare),
                     fmt::format("name the run directories in {}/runs that are meant", whole));
  }
  Comparison comparison{.before = before.name,
                        .after = after.name,
                        .warnings = before.warnings,
                        .same = options.same,
                        .strict = options.strict};
  std::ranges::copy(after.warnings, std::back_inserter(comparison.warnings));
  Groups old = groups_of(before, options.phases);
  Groups now = groups_of(after, options.phases);
  if (old.empty() || now.empty()) {
    throw Error(fmt::format("{}: no run is in a phase that '{}' matches",
                            old.empty() ? before.name : after.name, options.phases));
  }
  pair_the_only_ones(old, now);
  match(comparison, old, now, concerns_of_all(before, after));
  if (comparison.pairs.empty()) {
    throw Error(fmt::format("{} and {} have no run in common: {} and {}", before.name, after.name,
                            comparison.only_before.front(), comparison.only_after.front()),
                "runs are matched by phase and name, or by tool and profiler");
  }
  judge_metrics(comparison.pairs, options.same);
  judge_sites(comparison.pairs);
  return comparison;
}

}  // namespace tidemark::signoff
