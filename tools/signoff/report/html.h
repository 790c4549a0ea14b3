#pragma once

#include <string>

#include "tools/signoff/report/report_files.h"
#include "tools/signoff/result.h"

namespace tidemark::signoff {

// report.html: one page that loads nothing from anywhere. The verdict first, then what every
// rule was decided on, the phases with their runs, charts and flame graphs, what was found, and the
// environment.
std::string result_html(const SignoffResult& result, const ReportFiles& files = {});

}  // namespace tidemark::signoff
