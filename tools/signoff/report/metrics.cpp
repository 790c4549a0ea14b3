// https://prometheus.io/docs/instrumenting/exposition_formats/ and OpenMetrics 1.0. All families
// are gauges, in base units, so that the two formats differ by the last line alone.

#include "tools/signoff/report/metrics.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/lines.h"
#include "tools/signoff/report/words.h"

namespace tidemark::signoff {
namespace {

using Labels = std::vector<std::pair<std::string_view, std::string>>;

constexpr std::array<State, 7> kStates = {State::kPassed,  State::kFailed,  State::kInconclusive,
                                          State::kNotDone, State::kSkipped, State::kNotApplicable,
                                          State::kWaived};

std::string label_text(std::string_view value) {
  std::string out;
  for (const char c : printable(value)) {
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

class Families {
 public:
  void family(std::string_view name, std::string_view help) {
    name_ = fmt::format("tidemark_signoff_{}", name);
    head_ = fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n", name_, help);
  }

  // A series that is there already is not written again: two rules may read the same.
  void add(const Labels& labels, double value) {
    std::string series = name_;
    for (const auto& [label, text] : labels)
      series += fmt::format("{}{}=\"{}\"", series == name_ ? "{" : ",", label, label_text(text));
    series += labels.empty() ? "" : "}";
    if (!seen_.insert(series).second) return;
    text_ += std::exchange(head_, "");
    text_ += fmt::format("{} {}\n", series, number_text(value));
  }

  void states(const Labels& labels, State state) {
    for (const State one : kStates) {
      Labels with = labels;
      with.emplace_back("state", name_of(one));
      add(with, one == state ? 1 : 0);
    }
  }

  std::string text() && { return std::move(text_); }

 private:
  std::string name_;
  std::string head_;  // of a family without a series yet
  std::string text_;
  std::set<std::string> seen_;
};

struct Scaled {
  std::string_view unit;
  double factor;
};

// Prometheus counts in seconds and ratios.
Scaled scaled(budget::Unit unit) {
  switch (unit) {
    case budget::Unit::kBytes:
      return {"bytes", 1};
    case budget::Unit::kBytesPerDay:
      return {"bytes_per_day", 1};
    case budget::Unit::kBytesPerMillion:
      return {"bytes_per_million_requests", 1};
    case budget::Unit::kNanoseconds:
      return {"seconds", 1e-9};
    case budget::Unit::kShare:
      return {"ratio", 1};
    case budget::Unit::kPerSecond:
      return {"per_second", 1};
    case budget::Unit::kCount:
      break;
  }
  return {"count", 1};
}

double seconds(std::int64_t ms) { return static_cast<double>(ms) / 1000; }

bool ended(std::int64_t started_ms, std::int64_t ended_ms) {
  return started_ms > 0 && ended_ms >= started_ms;
}

void add_campaign(Families& out, const SignoffResult& result) {
  const Labels campaign = {{"campaign", result.campaign}};
  out.family("info", "What was signed off, with which baseline.");
  out.add({{"campaign", result.campaign},
           {"version", result.version},
           {"flavour", result.flavour},
           {"baseline", result.baseline}},
          1);
  out.family("state", "Whether the campaign came to this state.");
  out.states(campaign, result.state);
  out.family("exit_code", "What signoff exited with: 0 is a pass.");
  out.add(campaign, result.exit_code());
  if (!result.score.rows.empty()) {
    out.family("score", "Readiness, 0 to 100.");
    out.add(campaign, result.score.points);
  }
  out.family("scale_ratio", "Below 1 it was a rehearsal.");
  out.add(campaign, result.scale);
  out.family("start_timestamp_seconds", "When the campaign started.");
  if (result.started_ms > 0) out.add(campaign, seconds(result.started_ms));
  if (ended(result.started_ms, result.ended_ms)) {
    out.family("end_timestamp_seconds", "When the campaign ended.");
    out.add(campaign, seconds(result.ended_ms));
    out.family("duration_seconds", "How long the campaign took.");
    out.add(campaign, seconds(result.ended_ms - result.started_ms));
  }
  out.family("warnings", "What to know when reading the rest.");
  out.add(campaign, static_cast<double>(result.warnings.size()));
  out.family("findings", "Sites that runs found, by status; fixed ones are in the baseline alone.");
  std::array<double, 4> counts{};
  for (const FoundSite& found : result.findings)
    ++counts.at(static_cast<std::size_t>(found.site.status));
  counts[3] = static_cast<double>(result.fixed.size());
  constexpr std::array<std::string_view, 4> kStatuses = {"unjudged", "new", "known", "fixed"};
  for (std::size_t i = 0; i < counts.size(); ++i)
    out.add({{"campaign", result.campaign}, {"status", std::string(kStatuses.at(i))}},
            counts.at(i));
}

Labels labels_of(const SignoffResult& result, const PhaseResult& phase) {
  return {{"campaign", result.campaign}, {"target", phase.target}, {"phase", phase.name}};
}

void add_phases(Families& out, const SignoffResult& result) {
  out.family("phase_state", "Whether the phase came to this state.");
  for (const PhaseResult& phase : result.phases) out.states(labels_of(result, phase), phase.state);
  out.family("phase_duration_seconds", "How long the phase took.");
  for (const PhaseResult& phase : result.phases)
    if (ended(phase.started_ms, phase.ended_ms))
      out.add(labels_of(result, phase), seconds(phase.ended_ms - phase.started_ms));
  out.family("phase_score_ratio", "What the phase brings to the score, 0 to 1.");
  for (const PhaseResult& phase : result.phases)
    if (phase.state != State::kSkipped && phase.state != State::kNotApplicable)
      out.add(labels_of(result, phase), phase.points);
}

Labels labels_of(const SignoffResult& result, const RuleResult& rule) {
  Labels out = {{"campaign", result.campaign}, {"target", ""}, {"phase", rule.phase}};
  for (const PhaseResult& phase : result.phases)
    if (phase.id() == rule.phase) out = labels_of(result, phase);
  out.emplace_back("rule", rule.rule.id);
  out.emplace_back("run", rule.run);
  return out;
}

void add_rules(Families& out, const SignoffResult& result) {
  out.family("rule_state", "Whether the rule came to this state.");
  for (const RuleResult& rule : result.rules) out.states(labels_of(result, rule), rule.state);
  struct Number {
    std::string_view name;
    std::string_view help;
    double budget::Decision::*member;
  };
  constexpr std::array<Number, 4> kNumbers = {{
      {"rule_value", "What was measured, in the unit of the label.", &budget::Decision::value},
      {"rule_value_low", "The lower end of its interval.", &budget::Decision::low},
      {"rule_value_high", "The upper end of its interval.", &budget::Decision::high},
      {"rule_limit", "What it was held against.", &budget::Decision::limit},
  }};
  for (const Number& number : kNumbers) {
    out.family(number.name, number.help);
    for (const RuleResult& rule : result.rules) {
      if (!is_measured(rule)) continue;
      const Scaled unit = scaled(rule.rule.unit);
      Labels labels = labels_of(result, rule);
      labels.emplace_back("unit", unit.unit);
      out.add(labels, rule.decision.*number.member * unit.factor);
    }
  }
  out.family("rule_margin_standard_errors", "Distance from the limit; negative: on the bad side.");
  for (const RuleResult& rule : result.rules)
    if (is_measured(rule)) out.add(labels_of(result, rule), rule.decision.margin);
  out.family("rule_runs", "How many runs the rule was decided on.");
  for (const RuleResult& rule : result.rules) out.add(labels_of(result, rule), rule.decision.runs);
}

}  // namespace

std::string result_metrics(const SignoffResult& result, MetricsFormat format) {
  Families out;
  add_campaign(out, result);
  add_phases(out, result);
  add_rules(out, result);
  return std::move(out).text() + (format == MetricsFormat::kOpenMetrics ? "# EOF\n" : "");
}

}  // namespace tidemark::signoff
