#pragma once

#include <string>

#include "tools/signoff/report/report_files.h"
#include "tools/signoff/result.h"

namespace tidemark::signoff {

// The rules as a table for each phase, the worst first in it: what was measured against which
// limit, with the interval drawn, margin, reason, waiver and evidence.
std::string rules_html(const SignoffResult& result, const ReportFiles& files);

// The rules that are neither passed nor left out, as links into those tables; empty: none.
std::string open_rules_html(const SignoffResult& result);

}  // namespace tidemark::signoff
