#include "tools/signoff/judge/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/glob.h"
#include "lib/cli/tool.h"
#include "tools/signoff/campaign/tools.h"

namespace tidemark::signoff {
namespace {

using budget::Answer;
using budget::Measure;
using budget::Rule;

constexpr std::size_t kChartsOfAPhase = 6;

bool is_glob(std::string_view text) { return text.find_first_of("*?") != std::string_view::npos; }

bool any_matches(const std::vector<std::string>& globs, std::string_view text) {
  return globs.empty() || std::ranges::any_of(globs, [&](const std::string& glob) {
           return matches_glob(glob, text);
         });
}

// Whether a rule or a waiver for `globs` is about a phase, by its name or with its target.
bool is_about(const std::vector<std::string>& globs, std::string_view id) {
  const std::size_t slash = id.find('/');
  const std::string_view name = slash == std::string_view::npos ? id : id.substr(slash + 1);
  return any_matches(globs, name) || any_matches(globs, id);
}

// Whether it must be measured there: the phase is named, not merely matched.
bool names(const Rule& rule, std::string_view id) {
  return std::ranges::any_of(
      rule.phases, [&](const std::string& glob) { return !is_glob(glob) && is_about({glob}, id); });
}

State state_of(Answer answer) {
  switch (answer) {
    case Answer::kPass:
      return State::kPassed;
    case Answer::kFail:
      return State::kFailed;
    case Answer::kInconclusive:
      return State::kInconclusive;
    case Answer::kNotMeasured:
      return State::kNotDone;
    case Answer::kNotApplicable:
      return State::kNotApplicable;
  }
  return State::kNotDone;
}

// Those runs that count: of each repetition the last attempt.
std::vector<RunResult> counting(const PhaseResult& phase) {
  std::vector<RunResult> runs;
  std::ranges::copy_if(phase.runs, std::back_inserter(runs),
                       [](const RunResult& run) { return !run.superseded; });
  return runs;
}

std::string files_of(const RunResult& run, const Measure& measure) {
  return measure.file.empty() ? run.directory : run.directory + "/" + measure.file;
}

void count(budget::Tally& tally, State state, double weight) {
  switch (state) {
    case State::kPassed:
      tally.passed += weight;
      break;
    case State::kFailed:
      tally.failed += weight;
      break;
    case State::kInconclusive:
      tally.inconclusive += weight;
      break;
    case State::kNotDone:
      tally.not_done += weight;
      break;
    case State::kWaived:
      tally.waived += weight;
      break;
    default:
      break;
  }
}

// "pressure", "pressure 2".
std::string said_by(const RunResult& run) {
  return run.repetition > 1 ? fmt::format("{} {}", run.name, run.repetition) : run.name;
}

// Whether a run counts by itself, and not by its rules alone.
bool counts(const RunResult& run, const std::set<std::string>& verdicts) {
  return counts_always(run) || verdicts.contains(run.name);
}

// What people read of the worst that a phase came to.
std::string reason_of(const PhaseResult& phase, const std::vector<RunResult>& runs,
                      const std::set<std::string>& verdicts, const std::vector<RuleResult>& rules) {
  for (const RunResult& run : runs) {
    if (run.state == phase.state && !run.why.empty() && counts(run, verdicts)) {
      return fmt::format("{}: {}", run.name, run.why);
    }
  }
  for (const RuleResult& rule : rules) {
    if (rule.state == phase.state) return fmt::format("{}: {}", rule.rule.id, rule.decision.why);
  }
  return "";
}

// ": memory: it needs normal, which failed"; empty: all were done.
std::string why_not_done(const std::vector<const PhaseResult*>& phases) {
  const auto found = std::ranges::find_if(phases, [](const PhaseResult* phase) {
    return phase->state == State::kNotDone && !phase->why.empty();
  });
  return found == phases.end() ? "" : fmt::format(": {}: {}", (*found)->id(), (*found)->why);
}

bool several_names(const std::vector<RunResult>& runs) {
  return std::ranges::any_of(runs,
                             [&](const RunResult& run) { return run.name != runs.front().name; });
}

// Where a measure comes from, for the history: "redis/normal", "redis/memory/massif".
std::string place_of(const std::vector<RunResult>& runs, const std::string& id,
                     const std::string& run) {
  return several_names(runs) ? id + "/" + run : id;
}

std::vector<Series> charts_of(const std::vector<RunResult>& runs,
                              const std::vector<RunFacts>& facts) {
  const bool several = several_names(runs);
  std::vector<Series> charts;
  for (std::size_t i = 0; i < facts.size(); ++i) {
    if (runs[i].repetition > 1) continue;
    for (const Series& series : facts[i].charts) {
      if (charts.size() == kChartsOfAPhase) return charts;
      charts.push_back(series);
      if (several) charts.back().name = fmt::format("{}, {}", series.name, runs[i].name);
    }
  }
  return charts;
}

}  // namespace

State worse(State a, State b) {
  const auto rank = [](State state) {
    switch (state) {
      case State::kFailed:
        return 5;
      case State::kNotDone:
        return 4;
      case State::kInconclusive:
        return 3;
      case State::kWaived:
      case State::kPassed:
        return 2;
      case State::kNotApplicable:
        return 1;
      case State::kSkipped:
        return 0;
    }
    return 0;
  };
  return rank(b) > rank(a) ? b : a;
}

// With this code tools say that something could not be done; a run that failed all the same is one
// of pressure whose target failed (run/tool_verdict.cpp).
bool counts_always(const RunResult& run) {
  return run.state == State::kNotDone ||
         (run.state == State::kFailed && run.exit_code == cli::kFailed);
}

void Judge::read(const PhaseResult& phase, Judged& judged) const {
  judged.runs.clear();
  judged.facts.clear();
  for (RunResult& run : counting(phase)) {
    RunFacts facts;
    try {
      facts = standard_.facts(standard_.directory / run.directory);
    } catch (const Error& error) {
      // Programs and flamegraph leave no run directory, and one that was not done need not.
      if (leaves_a_run(run.tool) && run.state != State::kNotDone && run.state != State::kSkipped) {
        facts.warnings.emplace_back(error.what());
      }
    }
    judged.runs.push_back(std::move(run));
    judged.facts.push_back(std::move(facts));
  }
}

// What a baseline cannot decide: it has no such number, or ran for another time.
void Judge::doubt(const Baseline& baseline, bool lacks_it, RuleResult& result) const {
  const auto open = [&](std::string why) {
    result.state = State::kInconclusive;
    result.decision.answer = Answer::kInconclusive;
    result.decision.why = std::move(why);
  };
  const bool applies = result.state != State::kNotApplicable && result.state != State::kNotDone;
  const bool same_scale =
      !baseline.campaign || standard_.scale <= 0 || baseline.scale == standard_.scale;
  if (lacks_it && result.state == State::kNotApplicable) {
    open(fmt::format("the baseline {} did not measure it", baseline.name));
  } else if (applies && result.rule.bound.relative && !same_scale) {
    open(
        fmt::format("the baseline {} ran at a scale of {:g}, and this at {:g}: they are not "
                    "comparable",
                    baseline.name, baseline.scale, standard_.scale));
  }
}

RuleResult Judge::decided(const Rule& rule, const Judged& judged,
                          const std::vector<const RunFacts*>& facts, const std::string& run) const {
  RuleResult result{.rule = rule, .phase = judged.id};
  if (several_names(judged.runs)) result.run = run;
  budget::Evidence evidence{.confidence = standard_.confidence};
  const Baseline* const baseline = standard_.baseline;
  const auto known = facts.empty() ? std::nullopt : known_in(judged.id, *facts.front());
  for (const RunFacts* one : facts) {
    const auto measure = measure_of(*one, rule.subject, known ? &*known : nullptr);
    if (!measure) continue;
    evidence.runs.push_back(*measure);
    const auto at = static_cast<std::size_t>(one - judged.facts.data());
    result.evidence.push_back(files_of(judged.runs[at], *measure));
  }
  if (baseline != nullptr && !facts.empty()) {
    evidence.baseline = baseline->measures_for(judged.id, run, facts.front()->run, rule.subject);
  }
  if (standard_.spread && !evidence.runs.empty()) {
    evidence.spread =
        standard_.spread(place_of(judged.runs, judged.id, run), evidence.runs.front());
  }
  result.decision = budget::decide(rule, evidence);
  result.state = state_of(result.decision.answer);
  const bool asks_baseline = rule.bound.relative ? evidence.baseline.empty()
                                                 : rule.subject.metric.ends_with(".new") && !known;
  if (baseline != nullptr) doubt(*baseline, asks_baseline, result);
  if (result.decision.answer == Answer::kNotMeasured) explain(judged, result);
  waive(result);
  return result;
}

// What to say when the baseline's run of the same is of a program with another name; empty: it is
// not, as of two builds of one.
std::string Judge::other_target(const Judged& judged, std::size_t run) const {
  if (standard_.baseline == nullptr || judged.runs[run].repetition > 1) return "";
  const Run& now = judged.facts[run].run;
  const auto former = standard_.baseline->facts_for(judged.id, judged.runs[run].name, now);
  if (former.empty() || former.front()->run.target.empty() || now.target.empty()) return "";
  const auto name = [](const Run& one) {
    return std::filesystem::path(one.target.front()).filename().string();
  };
  if (name(former.front()->run) == name(now)) return "";
  return fmt::format("it is compared with a run of another program: {}, not {}",
                     name(former.front()->run), name(now));
}

// Why nothing was measured. A run that looked, and came to its end, could not tell: more of it
// would.
void Judge::explain(const Judged& judged, RuleResult& result) {
  for (std::size_t i = 0; i < judged.facts.size(); ++i) {
    const std::string why = why_left_out(judged.facts[i], result.rule);
    if (why.empty()) continue;
    result.state = State::kInconclusive;
    result.decision.answer = Answer::kInconclusive;
    result.decision.why += ": " + why;
    result.evidence = {judged.runs[i].directory};
    return;
  }
  const auto open = std::ranges::find_if(judged.runs, [](const RunResult& run) {
    return run.state == State::kNotDone && !run.why.empty();
  });
  if (open != judged.runs.end()) {
    result.decision.why += fmt::format(": {}: {}", open->name, open->why);
  }
}

void Judge::waive(RuleResult& result) const {
  for (const budget::Waiver& waiver : standard_.waivers) {
    if (!budget::waives(waiver, result.rule) ||
        !is_about(waiver.phases, with_target(result.phase))) {
      continue;
    }
    result.waiver = waiver;
    if (waiver.expired(standard_.today)) continue;
    if (result.state == State::kFailed || result.state == State::kInconclusive) {
      result.state = State::kWaived;
    }
    return;
  }
}

// "redis/normal": rules may name the only target as well.
std::string Judge::with_target(const std::string& phase) const {
  const bool has = phase.find('/') != std::string::npos || standard_.sole_target.empty();
  return has ? phase : standard_.sole_target + "/" + phase;
}

// Whether the rule is about a phase on a target, of the flavour that is built.
bool Judge::is_for(const Rule& rule, const std::string& phase, const std::string& target) const {
  const auto flavour = standard_.flavours.find(target);
  return is_about(rule.phases, with_target(phase)) &&
         any_matches(rule.targets, target.empty() ? standard_.sole_target : target) &&
         any_matches(rule.flavours, flavour == standard_.flavours.end() ? "" : flavour->second);
}

void Judge::decide(const Rule& rule, Judged& judged) const {
  if (!is_for(rule, judged.id, judged.target)) return;
  // The runs that measure it, by their names and in their order.
  std::vector<std::pair<std::string, std::vector<const RunFacts*>>> groups;
  const std::vector<std::string> none;
  for (std::size_t i = 0; i < judged.runs.size(); ++i) {
    if (!measure_of(judged.facts[i], rule.subject, &none)) continue;
    const std::string& name = judged.runs[i].name;
    if (groups.empty() || groups.back().first != name) groups.push_back({name, {}});
    groups.back().second.push_back(&judged.facts[i]);
  }
  if (groups.empty() && names(rule, with_target(judged.id))) {
    judged.rules.push_back(decided(rule, judged, {}, ""));
  }
  for (const auto& [name, facts] : groups) {
    judged.rules.push_back(decided(rule, judged, facts, name));
  }
}

void Judge::phase(PhaseResult& phase, const std::set<std::string>& verdicts) {
  Judged& judged = judged_[phase.id()];
  judged.id = phase.id();
  judged.target = phase.target;
  judged.rules.clear();
  read(phase, judged);
  State state = State::kSkipped;
  budget::Tally tally;
  bool measured = false;
  for (const RunResult& run : judged.runs) {
    measured = measured || run.state != State::kSkipped;
    if (!counts(run, verdicts)) continue;
    state = worse(state, run.state);
    count(tally, run.state, 1);
  }
  if (measured) {
    for (const Rule& rule : standard_.rules) decide(rule, judged);
  }
  for (const RuleResult& rule : judged.rules) {
    state = worse(state, rule.state);
    count(tally, rule.state, rule.rule.weight);
  }
  // It ran, and nobody asked how well.
  if (measured && state == State::kSkipped) state = State::kNotApplicable;
  phase.state = judged.runs.empty() ? phase.state : state;
  phase.points = budget::points_of(tally);
  if (!judged.runs.empty()) phase.why = reason_of(phase, judged.runs, verdicts, judged.rules);
  phase.charts = charts_of(judged.runs, judged.facts);
}

bool Judge::was_decided(const Rule& rule, const std::string& phase) const {
  const auto judged = judged_.find(phase);
  return judged != judged_.end() &&
         std::ranges::any_of(judged->second.rules, [&](const RuleResult& one) {
           return one.rule.id == rule.id && one.rule.place == rule.place;
         });
}

// Rules that no phase measured: what should have been decided was not.
std::vector<RuleResult> Judge::unmeasured(const SignoffResult& result) const {
  std::vector<RuleResult> missing;
  for (const Rule& rule : standard_.rules) {
    std::vector<const PhaseResult*> concerned;
    for (const PhaseResult& phase : result.phases) {
      if (is_for(rule, phase.id(), phase.target)) concerned.push_back(&phase);
    }
    const auto decided = [&](const PhaseResult* phase) { return was_decided(rule, phase->id()); };
    if (std::ranges::any_of(concerned, decided)) continue;
    const bool possible = std::ranges::any_of(
        concerned, [](const PhaseResult* phase) { return phase->state != State::kSkipped; });
    RuleResult one{.rule = rule, .state = possible ? State::kNotDone : State::kSkipped};
    one.decision.why = possible            ? "no run measured it" + why_not_done(concerned)
                       : concerned.empty() ? "it is for none of these phases, targets and flavours"
                                           : "its phases were skipped";
    missing.push_back(std::move(one));
  }
  return missing;
}

void Judge::finish(SignoffResult& result) const {
  result.rules.clear();
  result.findings.clear();
  result.fixed.clear();
  for (const PhaseResult& phase : result.phases) {
    const auto found = judged_.find(phase.id());
    if (found == judged_.end()) continue;
    std::ranges::copy(found->second.rules, std::back_inserter(result.rules));
    for (std::size_t i = 0; i < found->second.facts.size(); ++i) {
      const RunFacts& facts = found->second.facts[i];
      for (const auto& [name, value] : facts.environment) result.environment.emplace(name, value);
      std::vector<std::string> warnings = facts.warnings;
      if (std::string other = other_target(found->second, i); !other.empty()) {
        warnings.push_back(std::move(other));
      }
      for (const std::string& warning : warnings) {
        result.warnings.push_back(
            fmt::format("{}, {}: {}", phase.id(), said_by(found->second.runs[i]), warning));
      }
    }
  }
  std::ranges::move(unmeasured(result), std::back_inserter(result.rules));
  find(result);
  if (standard_.baseline != nullptr) {
    find_fixed(result);
    std::ranges::copy(standard_.baseline->warnings, std::back_inserter(result.warnings));
  }
  conclude(result, standard_.bands);
}

std::vector<HistoryMeasure> Judge::measures() const {
  std::vector<HistoryMeasure> all;
  for (const auto& [id, judged] : judged_) {
    for (std::size_t i = 0; i < judged.facts.size(); ++i) {
      for (const Measure& measure : judged.facts[i].measures) {
        if (!measure.not_applicable.empty() || measure.at_least) continue;
        all.push_back({.phase = place_of(judged.runs, id, judged.runs[i].name),
                       .metric = measure.metric,
                       .stage = measure.stage,
                       .unit = std::string(budget::name_of(measure.unit)),
                       .value = measure.value,
                       .error = measure.exact ? 0 : measure.error});
      }
    }
  }
  return all;
}

}  // namespace tidemark::signoff
