#include "tools/signoff/appraisal.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <set>
#include <utility>

#include "tools/signoff/alert/alert.h"
#include "tools/signoff/alert/memory.h"
#include "tools/signoff/history/changes.h"
#include "tools/signoff/history/durations.h"
#include "tools/signoff/history/spread.h"
#include "tools/signoff/report/report_verb.h"
#include "tools/signoff/report/result_json.h"
#include "tools/signoff/run/settings.h"

namespace tidemark::signoff {
namespace {

// The day by UTC: "2026-11-22".
std::string today() { return fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::time(nullptr))); }

std::string host_name() {
  std::array<char, 256> name{};
  (void)::gethostname(name.data(), name.size() - 1);
  return name.data();
}

// Which runs of a phase count with their own verdict.
std::set<std::string> verdicts_of(const Campaign& campaign, const PhaseResult& phase) {
  std::set<std::string> names;
  for (const PhasePlan& plan : campaign.phases) {
    if (plan.name != phase.name) continue;
    for (const RunPlan& run : plan.runs) {
      if (run.verdict) names.insert(run.name);
    }
  }
  return names;
}

std::string directory_of(const AppraisalOptions& options) {
  return std::filesystem::absolute(options.directory).string();
}

// A directory may have been emptied since, for another campaign.
bool is_still_there(const HistoryEntry& entry) {
  try {
    return read_result(entry.directory).started_ms == entry.started_ms;
  } catch (const Error&) {
    return false;
  }
}

std::vector<HistoryEntry> former_nights(const Campaign& campaign, const AppraisalOptions& options,
                                        std::vector<std::string>& warnings) {
  if (!options.history || !std::filesystem::exists(*options.history)) return {};
  try {
    const HistoryDb history(*options.history, HistoryDb::Use::kRead);
    std::vector<HistoryEntry> entries = history.read(
        {.campaign = campaign.name, .host = host_name(), .scale = options.scale, .most = 400});
    // A campaign that is gone on with may be there already.
    std::erase_if(entries, [&](const HistoryEntry& entry) {
      return entry.started_ms == options.started_ms && entry.directory == directory_of(options);
    });
    return entries;
  } catch (const Error& error) {
    warnings.push_back(fmt::format("the history is not used: {}", error.what()));
    return {};
  }
}

HistoryEntry entry_of(const SignoffResult& result, const AppraisalOptions& options) {
  HistoryEntry entry{.campaign = result.campaign,
                     .version = result.version,
                     .commit = result.commit,
                     .host = host_name(),
                     .flavour = result.flavour,
                     .directory = directory_of(options),
                     .scale = result.scale,
                     .started_ms = result.started_ms,
                     .ended_ms = result.ended_ms,
                     .state = std::string(name_of(result.state)),
                     .score = result.score.points};
  for (const PhaseResult& phase : result.phases) {
    if (phase.started_ms == 0) continue;
    entry.phases.push_back({.phase = phase.id(),
                            .state = std::string(name_of(phase.state)),
                            .duration_ms = phase.ended_ms - phase.started_ms});
  }
  for (const RuleResult& rule : result.rules) {
    entry.rules.push_back({.phase = rule.phase,
                           .rule = rule.rule.id,
                           .state = std::string(name_of(rule.state)),
                           .value = rule.decision.value,
                           .low = rule.decision.low,
                           .high = rule.decision.high,
                           .limit = rule.decision.limit});
  }
  return entry;
}

}  // namespace

Appraisal::Appraisal(const Campaign& campaign, AppraisalOptions options)
    : campaign_(campaign), options_(std::move(options)) {
  warnings_ = campaign_.warnings;
  former_ = former_nights(campaign_, options_, warnings_);
  if (!options_.baseline.empty()) baseline_ = read_baseline(find_baseline());
  if (baseline_ && baseline_->campaign && baseline_->of_campaign != campaign_.name) {
    warnings_.push_back(fmt::format("the baseline {} is of the campaign {}", baseline_->name,
                                    baseline_->of_campaign));
  }
  Standard standard{.rules = campaign_.rules,
                    .waivers = campaign_.waivers,
                    .confidence = campaign_.confidence,
                    .scale = options_.scale,
                    .bands = {.ready = campaign_.ready_band,
                              .nearly = campaign_.nearly_band,
                              .hard_cap = campaign_.hard_cap},
                    .today = today(),
                    .directory = options_.directory,
                    .baseline = baseline_ ? &*baseline_ : nullptr};
  for (const TargetPlan& target : campaign_.targets) {
    const bool only = campaign_.targets.size() == 1;
    if (only) standard.sole_target = target.name;
    standard.flavours[only ? "" : target.name] = target.flavour;
  }
  standard.spread = [this](const std::string& phase, const budget::Measure& measure) {
    return spread(phase, measure);
  };
  judge_.emplace(std::move(standard));
}

// The last campaign of the history that passed, of the same flavour, and is still there.
std::string Appraisal::find_baseline() const {
  if (options_.baseline != kLastBaseline) return options_.baseline;
  const auto found = std::ranges::find_if(former_.rbegin(), former_.rend(), [&](const auto& entry) {
    return entry.state == name_of(State::kPassed) && entry.flavour == options_.flavour &&
           is_still_there(entry);
  });
  if (found == former_.rend()) {
    throw UsageError(
        fmt::format("--baseline last: no campaign \"{}\" of this flavour and scale has passed on "
                    "this host, with its directory still there",
                    campaign_.name),
        "name a directory of a former campaign, or leave the baseline out");
  }
  return found->directory;
}

std::optional<budget::Spread> Appraisal::spread(const std::string& phase,
                                                const budget::Measure& measure) const {
  return spread_of(former_, {.campaign = campaign_.name,
                             .phase = phase,
                             .metric = measure.metric,
                             .stage = measure.stage,
                             .unit = std::string(budget::name_of(measure.unit)),
                             .host = host_name(),
                             .flavour = options_.flavour,
                             .scale = options_.scale});
}

Expected Appraisal::expected() const {
  return [this](const std::string& phase) {
    return expectation_of(
        former_,
        {.campaign = campaign_.name, .phase = phase, .host = host_name(), .scale = options_.scale});
  };
}

void Appraisal::judge(PhaseResult& phase) {
  judge_->phase(phase, verdicts_of(campaign_, phase));
  judged_.push_back(phase.id());
}

void Appraisal::conclude(SignoffResult& result) {
  for (PhaseResult& phase : result.phases) {
    const bool ran = phase.started_ms != 0;
    if (ran && std::ranges::find(judged_, phase.id()) == judged_.end()) judge(phase);
  }
  if (baseline_) {
    result.baseline = baseline_->version.empty()
                          ? baseline_->name
                          : fmt::format("{} ({})", baseline_->version, baseline_->name);
  }
  std::ranges::copy(warnings_, std::back_inserter(result.warnings));
  warnings_.clear();
  judge_->finish(result);
}

// What got worse in this version, or crept up to it.
void Appraisal::tell_changes(const HistoryEntry& entry, SignoffResult& result) const {
  std::vector<HistoryEntry> all = former_;
  all.push_back(entry);
  for (const HistoryChange& change : worse_in_latest(all)) {
    result.warnings.push_back(fmt::format("history: {}, {} {}", change.line.phase,
                                          metric_text(change.line), text_of(change)));
  }
}

void Appraisal::remember(SignoffResult& result) const {
  HistoryEntry entry = entry_of(result, options_);
  entry.measures = judge_->measures();
  tell_changes(entry, result);
  try {
    HistoryDb(*options_.history).add(entry);
  } catch (const Error& error) {
    result.warnings.push_back(fmt::format("the history has no entry of this: {}", error.what()));
  }
}

void Appraisal::publish(SignoffResult& result) {
  if (options_.history) remember(result);
  const std::filesystem::path memory = options_.history ? alert_memory_of(*options_.history, result)
                                                        : options_.directory / "alerted.json";
  for (std::string& warning : deliver_alerts(result, campaign_.alert,
                                             {.directory = options_.directory, .memory = memory})) {
    result.warnings.push_back(std::move(warning));
  }
  write_result(options_.directory, result);
  write_all(options_.directory, result);
}

}  // namespace tidemark::signoff
