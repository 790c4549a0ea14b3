#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "tools/signoff/judge/judge.h"

namespace tidemark::signoff {
namespace {

// "1 rule", "3 rules".
std::string counted(std::size_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

std::size_t rules_in(const SignoffResult& result, State state) {
  return static_cast<std::size_t>(std::ranges::count(result.rules, state, &RuleResult::state));
}

State state_of(const SignoffResult& result) {
  State state = State::kSkipped;
  for (const PhaseResult& phase : result.phases) state = worse(state, phase.state);
  for (const RuleResult& rule : result.rules) state = worse(state, rule.state);
  if (state == State::kSkipped || state == State::kNotApplicable) return State::kNotDone;
  return state == State::kWaived ? State::kPassed : state;
}

// The first thing in that state, which the headline names.
std::string first_of(const SignoffResult& result, State state) {
  for (const RuleResult& rule : result.rules) {
    if (rule.state != state) continue;
    // A rule without a name of its own is called by its text, after its phases.
    const bool named = rule.rule.id.starts_with(rule.where() + ": ");
    const std::string place = rule.phase.empty() || named ? "" : rule.where() + ", ";
    return fmt::format("{}{}: {}", place, rule.rule.id, rule.decision.why);
  }
  for (const PhaseResult& phase : result.phases) {
    if (phase.state == state) return fmt::format("{}: {}", phase.id(), phase.why);
  }
  return "";
}

std::string passed_text(const SignoffResult& result) {
  const std::size_t waived = rules_in(result, State::kWaived);
  std::string text =
      rules_in(result, State::kPassed) == 0
          ? "every run was well; no rule was asked"
          : fmt::format("{} held", counted(rules_in(result, State::kPassed), "rule"));
  if (waived > 0) text += fmt::format(", {} waived", waived);
  const std::size_t skipped = rules_in(result, State::kSkipped);
  if (skipped > 0 && rules_in(result, State::kPassed) > 0)
    text += fmt::format(", {} not asked", skipped);
  return text;
}

// A target that died explains more than any rule. Empty: none did.
std::string death_in(const SignoffResult& result) {
  for (const PhaseResult& phase : result.phases) {
    const auto died = std::ranges::find_if(phase.runs, [](const RunResult& run) {
      return !run.superseded && run.state == State::kFailed && counts_always(run);
    });
    if (died != phase.runs.end()) {
      return fmt::format("{}, {}: {}; ", phase.id(), died->name, died->why);
    }
  }
  return "";
}

// "2 of 31 rules failed; first ..."
std::string sentence(const SignoffResult& result) {
  const State state = result.state;
  if (state == State::kPassed) return passed_text(result);
  const std::size_t rules = rules_in(result, state);
  const auto phases =
      static_cast<std::size_t>(std::ranges::count(result.phases, state, &PhaseResult::state));
  const std::string what =
      rules > 0 ? fmt::format("{} of {}", rules, counted(result.rules.size(), "rule"))
                : fmt::format("{} of {}", phases, counted(result.phases.size(), "phase"));
  const std::string_view verb = state == State::kFailed         ? "failed"
                                : state == State::kInconclusive ? "cannot be decided yet"
                                                                : "not done";
  const std::string first = first_of(result, state);
  const std::string death = rules > 0 ? death_in(result) : "";  // else it is the first
  return fmt::format("{}{} {}{}{}", death, what, verb, first.empty() ? "" : "; first ", first);
}

}  // namespace

void conclude(SignoffResult& result, const budget::Bands& bands) {
  std::vector<Score::Row> rows;
  for (const PhaseResult& phase : result.phases) {
    if (phase.state == State::kSkipped || phase.state == State::kNotApplicable) continue;
    rows.push_back({.what = phase.id(), .weight = phase.weight, .points = phase.points});
  }
  std::vector<std::string> hard;
  for (const RuleResult& rule : result.rules) {
    if (rule.rule.hard && rule.state == State::kFailed) hard.push_back(rule.rule.id);
  }
  result.score = budget::score_of(std::move(rows), hard, bands);
  result.state = state_of(result);
  result.headline = sentence(result);
}

}  // namespace tidemark::signoff
