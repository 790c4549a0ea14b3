#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "tools/signoff/campaign/sections.h"

namespace tidemark::signoff {
namespace {

using Phases = std::vector<PhasePlan>;

// Whether `from` waits for `other`, by way of others too.
bool waits_for(const Phases& phases, const std::string& from, const std::string& other,
               std::set<std::string>& seen) {
  if (!seen.insert(from).second) return false;
  const auto phase = std::ranges::find(phases, from, &PhasePlan::name);
  if (phase == phases.end()) return false;
  for (const auto* const names : {&phase->after, &phase->needs}) {
    for (const std::string& name : *names) {
      if (name == other || waits_for(phases, name, other, seen)) return true;
    }
  }
  return false;
}

void check_name(const TomlValue& item, const PhasePlan& phase, const Phases& phases) {
  const std::string& name = item.text();
  if (name == phase.name) item.fail("it cannot wait for itself");
  const auto found = std::ranges::find(phases, name, &PhasePlan::name);
  if (found == phases.end()) {
    std::vector<std::string_view> known;
    for (const PhasePlan& other : phases) known.push_back(other.name);
    item.fail_unknown("phase", name, known);
  }
  std::set<std::string> seen;
  if (waits_for(phases, name, phase.name, seen)) {
    item.fail(fmt::format("{} and {} wait for each other", phase.name, name));
  }
  const bool later = &*found > &phase;
  if (later) {
    item.fail(fmt::format("{} comes later in the file", name),
              "phases run in the order of the file: move it before this one");
  }
}

}  // namespace

void check_order(const TomlValue& section, const Campaign& campaign) {
  const std::vector<TomlValue> sections = section.items(kMostThings);
  for (std::size_t i = 0; i < sections.size(); ++i) {
    for (const std::string_view key : {"after", "needs"}) {
      const auto names = sections[i].get(key);
      if (!names) continue;
      for (const TomlValue& item : names->items(kMostThings)) {
        check_name(item, campaign.phases[i], campaign.phases);
      }
    }
  }
}

}  // namespace tidemark::signoff
