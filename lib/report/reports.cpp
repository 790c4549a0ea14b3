#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/report/all_reports.h"

namespace tidemark {
namespace {

constexpr std::array kReports = {
    &kTextReport,  &kHtmlReport,     &kJsonReport,   &kSarifReport,
    &kJunitReport, &kMarkdownReport, &kFoldedReport, &kPprofReport,
};

}  // namespace

std::span<const ReportFormat* const> all_reports() { return kReports; }

std::string report_choices() {
  std::string names;
  for (const ReportFormat* report : kReports) {
    names += names.empty() ? "" : "|";
    names += report->name;
  }
  return names;
}

const ReportFormat& report_named(std::string_view name) {
  const auto found = std::ranges::find(kReports, name, &ReportFormat::name);
  if (found == kReports.end()) {
    throw UsageError(fmt::format("no report format is called {}", quoted(name)),
                     "formats: " + report_choices());
  }
  return **found;
}

}  // namespace tidemark
