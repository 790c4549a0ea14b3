#include "tools/pressure/collect.h"

#include <set>

namespace tidemark::pressure {
namespace {

load::LabelResult as_result(const std::string& label, const std::string& stage,
                            const Counts& counts) {
  return {.label = label,
          .stage = stage,
          .response = counts.response,
          .service = counts.service,
          .done = counts.done,
          .bytes = counts.bytes,
          .failures = counts.failures};
}

bool is_empty(const Counts& counts) {
  return counts.done == 0 && counts.failed() == 0 && counts.response.count() == 0;
}

}  // namespace

std::vector<bool> are_in_mix(const load::Scenario& scenario, const Tally& tally) {
  std::set<std::string> names;
  for (const load::Persona& persona : scenario.personas) {
    for (const load::Request& request : persona.mix) names.insert(load::label_of(persona, request));
  }
  std::vector<bool> in_mix;
  for (const std::string& label : tally.labels()) in_mix.push_back(names.contains(label));
  return in_mix;
}

void collect(const load::Scenario& scenario, const Tally& tally,
             const std::vector<StageTimes>& times, load::RunResult& result) {
  const std::vector<load::Stage> stages = load::stages_of(scenario.load);
  const std::vector<bool> in_mix = are_in_mix(scenario, tally);
  const auto take = [&](const std::string& stage, auto&& counts_of) {
    Counts all;
    for (std::size_t i = 0; i < tally.labels().size(); ++i) {
      const Counts& counts = counts_of(static_cast<LabelId>(i));
      if (in_mix[i]) all.add(counts);
      if (!is_empty(counts)) result.labels.push_back(as_result(tally.labels()[i], stage, counts));
    }
    if (!scenario.personas.empty()) result.labels.push_back(as_result("", stage, all));
  };
  for (std::size_t i = 0; i < stages.size() && i < tally.stages(); ++i) {
    if (times[i].start_ms == 0) continue;
    result.stages.push_back({.name = stages[i].name,
                             .start_ms = times[i].start_ms,
                             .end_ms = times[i].end_ms,
                             .rate = stages[i].rate,
                             .clients = stages[i].clients,
                             .send_lag = tally.send_lag(i)});
    take(stages[i].name, [&](LabelId label) -> const Counts& { return tally.of(label, i); });
  }
  Counts total;
  take("", [&](LabelId label) -> const Counts& {
    total = tally.total(label);
    return total;
  });
}

}  // namespace tidemark::pressure
