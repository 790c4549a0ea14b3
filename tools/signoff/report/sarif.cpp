#include "tools/signoff/report/sarif.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>

#include "lib/report/sarif.h"
#include "tools/signoff/report/words.h"

namespace tidemark::signoff {
namespace {

// Inconclusive and not done are nothing to fix in the code: notes, unless --strict.
std::optional<SarifLevel> level_of(const RuleResult& rule, bool strict) {
  switch (rule.state) {
    case State::kFailed:
      return SarifLevel::kError;
    case State::kWaived:
      return SarifLevel::kWarning;
    case State::kInconclusive:
    case State::kNotDone:
      return strict ? SarifLevel::kWarning : SarifLevel::kNote;
    default:
      return std::nullopt;
  }
}

std::string message_of(const RuleResult& rule) {
  std::string out = fmt::format("{}: {}", name_of(rule.state), rule.rule.text);
  if (!rule.phase.empty()) out += " in " + rule.where();
  if (!rule.decision.why.empty()) out += ": " + rule.decision.why;
  if (!more_text(rule).empty()) out += "; " + more_text(rule);
  if (rule.state != State::kWaived && rule.waiver) out += "; " + waiver_text(rule);
  return out;
}

void add_rule(SarifLog& log, const RuleResult& rule, const SignoffResult& result) {
  const auto level = level_of(rule, result.strict);
  if (!level) return;
  const auto same = [&](const SarifLog::Rule& one) { return one.id == "budget/" + rule.rule.id; };
  std::size_t index = 0;
  while (index < log.rules.size() && !same(log.rules[index])) ++index;
  if (index == log.rules.size())
    log.rules.push_back(
        {.id = "budget/" + rule.rule.id,
         .name = rule.rule.text,
         .about = rule.rule.why.empty() ? "A budget of this campaign." : rule.rule.why,
         .level = SarifLevel::kError,
         .tag = "budget"});
  const Place place = place_of(rule.rule.place);
  log.remarks.push_back({.rule = index,
                         .level = *level,
                         .message = message_of(rule),
                         .file = place.file.empty() ? result.file : place.file,
                         .line = place.line,
                         .column = place.column,
                         .fingerprint = rule.where() + ": " + rule.rule.id});
  if (rule.state == State::kWaived) log.remarks.back().suppression = {waiver_text(rule)};
}

}  // namespace

std::string result_sarif(const SignoffResult& result) {
  SarifLog log{.command = "signoff run " + result.file,
               .successful = result.state != State::kNotDone,
               .exit_code = result.exit_code(),
               .exit_text = result.headline,
               .started_ms = result.started_ms,
               .ended_ms = result.ended_ms};
  if (!rehearsal_text(result).empty())
    log.notes.push_back({.level = SarifLevel::kWarning, .text = rehearsal_text(result)});
  for (const std::string& warning : result.warnings)
    log.notes.push_back({.level = SarifLevel::kWarning, .text = warning});
  for (const PhaseResult& phase : result.phases)
    if (phase.state == State::kNotDone)
      log.notes.push_back(
          {.level = SarifLevel::kError, .text = phase.id() + " was not done: " + phase.why});
  for (const RuleResult* rule : worst_first(result.rules)) add_rule(log, *rule, result);
  for (const FoundSite& found : result.findings) log.findings.push_back({.site = found.site});
  return to_sarif(log);
}

}  // namespace tidemark::signoff
