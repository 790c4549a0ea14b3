#include "tools/signoff/report/markdown.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "lib/base/lines.h"
#include "lib/model/finding.h"
#include "lib/report/amounts.h"
#include "lib/report/escape.h"
#include "lib/report/words.h"
#include "tools/signoff/report/words.h"

namespace tidemark::signoff {
namespace {

constexpr std::size_t kMostRows = 15;
constexpr std::size_t kMostFolded = 60;
constexpr std::size_t kMostWarnings = 4;
constexpr std::size_t kLongest = 300;  // bytes of one text

std::string m(std::string_view text) {
  if (text.size() <= kLongest) return markdown_text(text);
  return markdown_text(cut(text, kLongest)) + "…";
}

std::string code(std::string_view text) {
  return text.empty() ? "" : "<code>" + m(text) + "</code>";
}

std::string_view sign_of(State state) {
  switch (state) {
    case State::kPassed:
      return "🟢";
    case State::kFailed:
      return "🔴";
    case State::kInconclusive:
    case State::kNotDone:
      return "🟡";
    case State::kWaived:
      return "🔵";
    default:
      return "⚪";
  }
}

bool is_quiet(State state) {
  return state == State::kPassed || state == State::kSkipped || state == State::kNotApplicable;
}

std::string row_of(const RuleResult& rule) {
  std::string why = m(rule.decision.why);
  for (const std::string& more : {more_text(rule), waiver_text(rule)})
    if (!more.empty()) why += (why.empty() ? "" : "; ") + m(more);
  const std::string value = value_text(rule);
  return fmt::format("| {} {} | {} | {} | {} | {} |\n", sign_of(rule.state), name_of(rule.state),
                     code(rule.rule.text), m(rule.where()), value.empty() ? "–" : m(value), why);
}

// Those of `rules` that are quiet, or those that are not.
std::string rules_of(const std::vector<RuleResult>& rules, bool quiet, std::size_t most) {
  std::string out;
  std::size_t shown = 0;
  std::size_t left_out = 0;
  for (const RuleResult* rule : worst_first(rules)) {
    if (is_quiet(rule->state) != quiet) continue;
    if (shown == most) {
      ++left_out;
      continue;
    }
    ++shown;
    out += row_of(*rule);
  }
  if (out.empty()) return "";
  out = "\n|  | rule | phase | measured | why |\n|---|---|---|--:|---|\n" + out;
  if (left_out > 0) out += fmt::format("\n{} more.\n", left_out);
  return out;
}

std::string folded(const std::string& title, const std::string& body) {
  if (body.empty()) return "";
  return fmt::format("\n<details><summary>{}</summary>\n{}\n</details>\n", title, body);
}

std::string phases_of(const SignoffResult& result) {
  std::string out;
  for (const PhaseResult& phase : result.phases) {
    std::string why = m(phase.why);
    const auto again = std::ranges::count(phase.runs, true, &RunResult::superseded);
    if (again > 0) why += (why.empty() ? "" : "; ") + plural(again, "run") + " tried again";
    out += fmt::format("| {} {} | {} | {} | {} |\n", sign_of(phase.state), name_of(phase.state),
                       m(phase.id()), took_text(phase.started_ms, phase.ended_ms), why);
  }
  if (out.empty()) return "";
  return "\n|  | phase | took | why |\n|---|---|--:|---|\n" + out;
}

std::string findings_of(const SignoffResult& result) {
  std::string out;
  for (std::size_t i = 0; i < std::min(kMostRows, result.findings.size()); ++i) {
    const FoundSite& found = result.findings[i];
    const bool judged = found.site.status != SiteStatus::kUnjudged;
    out += fmt::format("- {}{}: {} ({})\n",
                       judged ? std::string(code_of(found.site.status)) + " " : "",
                       tidemark::name_of(found.site.kind), code(found.site.title), m(found.phase));
  }
  if (result.findings.size() > kMostRows)
    out += fmt::format("- and {} more\n", result.findings.size() - kMostRows);
  return out.empty() ? "" : "\n" + out;
}

std::string findings_title(const SignoffResult& result) {
  std::string out = plural(static_cast<std::int64_t>(result.findings.size()), "finding");
  const auto is_new = std::ranges::count(result.findings, SiteStatus::kNew,
                                         [](const FoundSite& found) { return found.site.status; });
  if (is_new > 0) out += fmt::format(", {} new", is_new);
  if (!result.fixed.empty()) out += fmt::format(", {} fixed", result.fixed.size());
  return out;
}

std::string warnings_of(const SignoffResult& result) {
  std::string out;
  if (!rehearsal_text(result).empty()) out += "> **" + m(rehearsal_text(result)) + "**\n";
  for (std::size_t i = 0; i < std::min(kMostWarnings, result.warnings.size()); ++i)
    out += "> " + m(result.warnings[i]) + "\n";
  if (result.warnings.size() > kMostWarnings)
    out += fmt::format("> and {} more warnings\n", result.warnings.size() - kMostWarnings);
  return out.empty() ? "" : "\n" + out;
}

std::string facts_line(const SignoffResult& result) {
  std::string out = result.campaign.empty() ? "" : "**" + m(result.campaign) + "**";
  for (const auto& [name, value] : facts_of(result))
    out += fmt::format("{}{}: {}", out.empty() ? "" : " · ", name, m(value));
  return out;
}

}  // namespace

std::string result_markdown(const SignoffResult& result) {
  std::string out =
      fmt::format("### {} {}: {}\n", sign_of(result.state), verdict_of(result), m(result.headline));
  out += warnings_of(result);
  out += "\n" + facts_line(result) + "\n";
  out += rules_of(result.rules, false, kMostRows);
  const auto quiet = std::ranges::count_if(
      result.rules, [](const RuleResult& rule) { return is_quiet(rule.state); });
  out += folded(plural(quiet, "rule") + " passed or not to be judged",
                rules_of(result.rules, true, kMostFolded));
  out +=
      folded(plural(static_cast<std::int64_t>(result.phases.size()), "phase"), phases_of(result));
  out += folded(findings_title(result), findings_of(result));
  if (!result.score.rows.empty()) out += "\n" + m(score_sum_text(result.score)) + ".\n";
  return out;
}

}  // namespace tidemark::signoff
