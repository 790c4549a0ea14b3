#pragma once

#include "lib/report/report.h"

namespace tidemark {

// Every report format; one line each, in the order of reports.cpp. Each is
// defined in the file that bears its name.
extern const ReportFormat kTextReport;
extern const ReportFormat kHtmlReport;
extern const ReportFormat kJsonReport;
extern const ReportFormat kSarifReport;
extern const ReportFormat kJunitReport;
extern const ReportFormat kMarkdownReport;
extern const ReportFormat kFoldedReport;
extern const ReportFormat kPprofReport;

}  // namespace tidemark
