// A Document as SARIF 2.1.0. Sites that the baseline alone has are left out: a reader would list
// them as open.

#include <algorithm>
#include <string>

#include "lib/report/all_reports.h"
#include "lib/report/sarif.h"
#include "lib/report/words.h"

namespace tidemark {
namespace {

void add_notes(SarifLog& log, const Document& document) {
  const auto note = [&](SarifLevel level, const std::string& text) {
    log.notes.push_back({.level = level, .text = text});
  };
  if (document.verdict == Verdict::kFailed) note(SarifLevel::kError, document.verdict_text);
  if (document.verdict == Verdict::kUndecided) note(SarifLevel::kWarning, document.verdict_text);
  if (document.partial) note(SarifLevel::kWarning, "something is missing from these results");
  for (const std::string& warning : document.warnings) note(SarifLevel::kWarning, warning);
  for (const std::string& remark : document.run.notes) note(SarifLevel::kNote, remark);
}

std::string reason_of(const Document& document, const std::string& id) {
  const auto rule = std::ranges::find(document.suppressions, id, &SuppressionReport::id);
  return rule == document.suppressions.end() ? id : rule->reason;
}

std::string write(const Document& document, const ReportOptions& /*options*/) {
  const Run& run = document.run;
  SarifLog log{.backend = run.backend,
               .backend_version = run.backend_version,
               .command = command_text(run.target),
               .successful = document.verdict != Verdict::kFailed,
               .started_ms = run.started_ms,
               .ended_ms = run.ended_ms};
  if (run.end.kind == EndKind::kExited) log.exit_code = run.end.code;
  if (run.end.kind == EndKind::kSignalled) log.exit_signal = run.end.code;
  if (!run.tool.empty()) log.exit_text = end_text(run.end);
  add_notes(log, document);
  for (const Site& site : document.sites) log.findings.push_back({.site = site});
  for (const Site& site : document.suppressed) {
    log.findings.push_back(
        {.site = site,
         .suppression = SarifLog::Suppression{reason_of(document, site.suppressed_by)}});
  }
  return to_sarif(log);
}

}  // namespace

constinit const ReportFormat kSarifReport = {
    .name = "sarif",
    .summary = "SARIF 2.1.0, for code hosts and editors",
    .extension = ".sarif",
    .write = write,
};

}  // namespace tidemark
