#include "tools/signoff/report/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "lib/base/numbers.h"
#include "lib/report/amounts.h"

namespace tidemark::signoff {
namespace {

using budget::Answer;
using budget::Compare;

struct StateWords {
  State state;
  std::string_view symbol;
  std::string_view css;
  std::string_view verdict;
};

// From the worst to what says least.
constexpr std::array<StateWords, 7> kWords = {{
    {State::kFailed, "✗", "failed", "Failed"},
    {State::kNotDone, "⊘", "not-done", "Not done"},
    {State::kInconclusive, "?", "inconclusive", "Inconclusive"},
    {State::kWaived, "⚑", "waived", "Waived"},
    {State::kPassed, "✓", "passed", "Passed"},
    {State::kSkipped, "»", "skipped", "Skipped"},
    {State::kNotApplicable, "–", "not-applicable", "Not applicable"},
}};

const StateWords& words_of(State state) {
  return *std::ranges::find(kWords, state, &StateWords::state);
}

std::string_view sign_of(Compare compare) {
  switch (compare) {
    case Compare::kLess:
      return "<";
    case Compare::kAtMost:
      return "≤";
    case Compare::kMore:
      return ">";
    case Compare::kAtLeast:
      return "≥";
    case Compare::kEqual:
      return "=";
  }
  return "";
}

std::string number(double value) { return fmt::format("{:.{}f}", value, value < 9.95 ? 1 : 0); }

double sum_of(const Score& score) {
  double weights = 0;
  double sum = 0;
  for (const Score::Row& row : score.rows) {
    weights += row.weight;
    sum += row.weight * row.points;
  }
  return weights > 0 ? 100 * sum / weights : 0;
}

}  // namespace

std::string_view symbol_of(State state) { return words_of(state).symbol; }
std::string_view class_of(State state) { return words_of(state).css; }
int rank_of(State state) { return static_cast<int>(&words_of(state) - kWords.data()); }

std::string verdict_of(const SignoffResult& result) {
  const bool open = result.started_ms > 0 && result.ended_ms == 0;
  const std::string_view word =
      open && result.state != State::kFailed ? "Not finished" : words_of(result.state).verdict;
  return std::string(word) + (result.scale == 1 ? "" : " (rehearsal)");
}

std::string rehearsal_text(const SignoffResult& result) {
  if (result.scale == 1) return "";
  return fmt::format(
      "Rehearsal at {} of the scale: it shows that the campaign runs, and signs nothing off",
      budget::text_of(result.scale, budget::Unit::kShare));
}

std::vector<std::pair<std::string_view, std::string>> facts_of(const SignoffResult& result) {
  std::vector<std::pair<std::string_view, std::string>> out = {
      {"Version", result.version.empty() ? "not named" : result.version},
      {"Flavour", result.flavour},
      {"Compared with", result.baseline.empty() ? "nothing: no baseline" : result.baseline},
      {"Started", utc_text(result.started_ms)},
      {"Took", took_text(result.started_ms, result.ended_ms)},
      {"Rules", result.rules.empty() ? "none" : tally_text(result.rules)},
      {"Readiness", score_text(result.score)}};
  std::erase_if(out, [](const auto& fact) { return fact.second.empty(); });
  return out;
}

std::string score_text(const Score& score) {
  if (score.rows.empty()) return "";
  return fmt::format("{:g} of 100{}{}", score.points, score.band.empty() ? "" : ", ", score.band);
}

std::string score_sum_text(const Score& score) {
  if (score.rows.empty()) return "";
  const double sum = std::floor(sum_of(score) * 10 + 1e-6) / 10;  // cut, as the score is
  std::string out = fmt::format("The mean of {} by weight gives {:.1f} points",
                                plural(static_cast<std::int64_t>(score.rows.size()), "phase"), sum);
  if (score.cap.empty()) return out;
  if (score.points + 0.1 >= sum) return out + fmt::format("; the hard rule {} failed", score.cap);
  return out +
         fmt::format("; the hard rule {} failed and caps them at {:g}", score.cap, score.points);
}

bool is_measured(const RuleResult& rule) {
  const Answer answer = rule.decision.answer;
  const bool answered =
      answer == Answer::kPass || answer == Answer::kFail || answer == Answer::kInconclusive;
  return answered && rule.decision.runs > 0;
}

std::string value_text(const RuleResult& rule) {
  if (!is_measured(rule)) return "";
  const budget::Decision& decision = rule.decision;
  const budget::Unit unit = rule.rule.unit;
  std::string out = budget::text_of(decision.value, unit);
  const double below = decision.value - decision.low;
  const double above = decision.high - decision.value;
  if (std::isfinite(below) && std::isinf(above)) return out + " or more";
  if (!std::isfinite(below) || !std::isfinite(above)) return out + ", spread not known";
  if (below == 0 && above == 0) return out;
  if (std::abs(below - above) <= 0.05 * std::max(below, above))
    return fmt::format("{} ± {}", out, budget::text_of((below + above) / 2, unit, 2));
  return fmt::format("{} ({} to {})", out, budget::text_of(decision.low, unit),
                     budget::text_of(decision.high, unit));
}

std::string limit_text(const RuleResult& rule) {
  if (!std::isfinite(rule.decision.limit)) return "";
  const bool unknown = rule.rule.bound.relative && !is_measured(rule);
  if (unknown) return "";
  const double limit = is_measured(rule) ? rule.decision.limit : rule.rule.bound.value;
  return fmt::format("{} {}", sign_of(rule.rule.compare), budget::text_of(limit, rule.rule.unit));
}

std::string margin_text(const RuleResult& rule) {
  if (!is_measured(rule)) return "";
  const budget::Decision& decision = rule.decision;
  if (decision.standard_error == 0 || !std::isfinite(decision.margin))
    return decision.low == decision.high ? "exact" : "";
  const double size = std::abs(decision.margin);
  if (size >= 999.5) return decision.margin < 0 ? "far beyond" : "far from it";
  return fmt::format("{} standard errors {}", number(size),
                     decision.margin < 0 ? "beyond" : "to spare");
}

std::string more_text(const RuleResult& rule) {
  if (!rule.decision.more_runs || *rule.decision.more_runs <= 0) return "";
  const int more = *rule.decision.more_runs;
  return fmt::format("{} more run{} would probably decide", more, more == 1 ? "" : "s");
}

std::string waiver_text(const RuleResult& rule) {
  if (!rule.waiver) return "";
  const budget::Waiver& waiver = *rule.waiver;
  const std::string owner = waiver.owner.empty() ? "nobody named" : waiver.owner;
  const std::string reason = waiver.reason.empty() ? "" : ": " + waiver.reason;
  if (rule.state == State::kWaived)
    return fmt::format("waived by {} until {}{}", owner, waiver.expires, reason);
  if (rule.state == State::kPassed)
    return fmt::format("a waiver by {} until {} is not needed{}", owner, waiver.expires, reason);
  return fmt::format("the waiver by {} ended on {}{}", owner, waiver.expires, reason);
}

std::string took_text(std::int64_t started_ms, std::int64_t ended_ms) {
  if (started_ms <= 0 || ended_ms < started_ms) return "";
  return duration_text(ended_ms - started_ms);
}

std::string run_text(const RunResult& run) {
  std::string out = run.name.empty() ? run.tool : run.name;
  if (run.repetition > 1) out += fmt::format(", run {}", run.repetition);
  if (run.attempt > 1) out += fmt::format(", attempt {}", run.attempt);
  return out;
}

std::string tally_text(const std::vector<RuleResult>& rules) {
  std::string out;
  for (const StateWords& words : kWords) {
    const auto count = std::ranges::count(rules, words.state, &RuleResult::state);
    if (count > 0)
      out += fmt::format("{}{} {}", out.empty() ? "" : ", ", count, name_of(words.state));
  }
  return out;
}

std::vector<const RuleResult*> worst_first(const std::vector<RuleResult>& rules) {
  std::vector<const RuleResult*> out;
  out.reserve(rules.size());
  for (const RuleResult& rule : rules) out.push_back(&rule);
  std::ranges::stable_sort(out, {}, [](const RuleResult* rule) { return rank_of(rule->state); });
  return out;
}

Place place_of(std::string_view text) {
  std::vector<std::int64_t> numbers;
  while (numbers.size() < 2) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) break;
    const auto last = to_number(text.substr(colon + 1));
    if (!last || *last < 1) break;
    numbers.insert(numbers.begin(), *last);
    text = text.substr(0, colon);
  }
  Place out{.file = std::string(text)};
  if (!numbers.empty()) out.line = numbers[0];
  if (numbers.size() > 1) out.column = numbers[1];
  return out;
}

}  // namespace tidemark::signoff
