#include "tools/signoff/report/html_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "lib/base/lines.h"
#include "lib/report/amounts.h"
#include "lib/report/escape.h"
#include "tools/signoff/report/html_words.h"
#include "tools/signoff/report/limit_graphic.h"
#include "tools/signoff/report/timeline.h"
#include "tools/signoff/report/words.h"

namespace tidemark::signoff {
namespace {

constexpr std::size_t kMostOpen = 8;
constexpr std::size_t kMostEvidence = 6;

std::string e(std::string_view text) { return markup_text(text); }

std::string note(std::string_view css, const std::string& text) {
  return text.empty() ? "" : fmt::format("<span class=\"{}\">{}</span>", css, e(text));
}

std::string rule_cell(const RuleResult& rule) {
  std::string out = fmt::format("<code>{}</code>", e(rule.rule.text));
  if (rule.rule.hard) out += " <span class=\"hard\">hard</span>";
  if (rule.rule.id != rule.rule.text && !rule.rule.id.ends_with(": " + rule.rule.text))
    out += note("id", rule.rule.id);
  out += note("why", rule.decision.why);
  out += note("more", more_text(rule));
  out += note(rule.state == State::kWaived ? "waiver" : "waiver ended", waiver_text(rule));
  out += note("what-for", rule.rule.why);
  std::string origin = rule.rule.owner.empty() ? "" : "owner " + rule.rule.owner;
  if (!rule.rule.place.empty()) origin += (origin.empty() ? "" : ", ") + rule.rule.place;
  return out + note("origin", origin);
}

// The end of a path says most; the whole of it is the link's title.
std::string evidence_cell(const RuleResult& rule, const ReportFiles& files) {
  std::string out;
  for (std::size_t i = 0; i < std::min(kMostEvidence, rule.evidence.size()); ++i) {
    const std::string& file = rule.evidence[i];
    std::string_view shown = file;
    while (shown.ends_with('/')) shown.remove_suffix(1);
    const std::size_t slash =
        shown.rfind('/', shown.rfind('/') == std::string_view::npos ? std::string_view::npos
                                                                    : shown.rfind('/') - 1);
    if (slash != std::string_view::npos) shown.remove_prefix(slash + 1);
    out += "<span>" + link_html(files.base, file, shown) + "</span>";
  }
  if (rule.evidence.size() > kMostEvidence)
    out += fmt::format("<span>and {} more</span>", rule.evidence.size() - kMostEvidence);
  return out;
}

std::string row(const RuleResult& rule, std::size_t number, const ReportFiles& files) {
  std::string runs = rule.decision.runs > 0 ? plural(rule.decision.runs, "run") : std::string();
  if (!rule.run.empty()) runs += " of " + e(rule.run);
  const std::string value = value_text(rule);
  return fmt::format(
      "<tr id=\"rule-{}\" class=\"{}\"><td>{}</td><td class=\"rule\">{}</td><td "
      "data-head=\"Measured\">"
      "<b>{}</b>{}</td><td data-head=\"Limit\">{}</td><td "
      "data-head=\"Margin\">{}<span>{}</span></td>"
      "<td data-head=\"Evidence\" class=\"evidence\">{}</td></tr>\n",
      number, class_of(rule.state), state_html(rule.state), rule_cell(rule),
      value.empty() ? "not measured" : e(value), limit_graphic(rule), e(limit_text(rule)),
      e(margin_text(rule)), runs, evidence_cell(rule, files));
}

// The number of a rule in the page, from 1.
std::size_t number_of(const SignoffResult& result, const RuleResult* rule) {
  return static_cast<std::size_t>(rule - result.rules.data()) + 1;
}

std::string table(const SignoffResult& result, const std::string& phase, const ReportFiles& files) {
  std::string rows;
  for (const RuleResult* rule : worst_first(result.rules))
    if (rule->phase == phase) rows += row(*rule, number_of(result, rule), files);
  if (rows.empty()) return "";
  return "<div class=\"scroll\" tabindex=\"0\"><table class=\"rules\"><thead><tr>"
         "<th scope=\"col\">State</th><th scope=\"col\">Rule</th><th scope=\"col\">Measured</th>"
         "<th scope=\"col\">Limit</th><th scope=\"col\">Margin</th><th scope=\"col\">Evidence</th>"
         "</tr></thead><tbody>\n" +
         rows + "</tbody></table></div>\n";
}

// Every phase that rules name, in the order of the phases; those that there are not come last.
std::vector<std::string> phases_of(const SignoffResult& result) {
  std::vector<std::string> out;
  const auto add = [&](const std::string& id) {
    if (std::ranges::find(out, id) == out.end()) out.push_back(id);
  };
  for (const PhaseResult& phase : result.phases) add(phase.id());
  for (const RuleResult& rule : result.rules) add(rule.phase);
  return out;
}

}  // namespace

std::string rules_html(const SignoffResult& result, const ReportFiles& files) {
  std::string out;
  for (const std::string& id : phases_of(result)) {
    const std::string rows = table(result, id, files);
    if (rows.empty()) continue;
    const auto phase = std::ranges::find(result.phases, id, &PhaseResult::id);
    std::string title = id.empty() ? "Measured by no phase" : e(id);
    if (phase != result.phases.end()) {
      title = fmt::format("<a href=\"#{}\">{}</a>", phase_anchor(result, id), e(id));
      if (!phase->title.empty()) title += fmt::format(" <small>{}</small>", e(phase->title));
    }
    out += fmt::format("<h3>{}</h3>\n{}", title, rows);
  }
  return out;
}

std::string open_rules_html(const SignoffResult& result) {
  std::string rows;
  std::size_t left_out = 0;
  std::size_t shown = 0;
  for (const RuleResult* rule : worst_first(result.rules)) {
    const bool open = rule->state == State::kFailed || rule->state == State::kNotDone ||
                      rule->state == State::kInconclusive || rule->state == State::kWaived;
    if (!open) continue;
    if (shown++ >= kMostOpen) {
      ++left_out;
      continue;
    }
    const std::string value = value_text(*rule);
    rows += fmt::format("<li>{}<a href=\"#rule-{}\"><code>{}</code></a>{}{}</li>\n",
                        state_html(rule->state), number_of(result, rule), e(rule->rule.text),
                        rule->phase.empty() ? "" : note("in", "in " + rule->phase),
                        value.empty() ? "" : note("value", value));
  }
  if (rows.empty()) return "";
  if (left_out > 0) rows += fmt::format("<li>and {} more, below</li>\n", left_out);
  return "<ul class=\"open\">\n" + rows + "</ul>\n";
}

}  // namespace tidemark::signoff
