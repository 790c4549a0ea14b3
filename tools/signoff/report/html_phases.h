#pragma once

#include <string>

#include "tools/signoff/report/report_files.h"
#include "tools/signoff/result.h"

namespace tidemark::signoff {

// Each phase with its runs, every attempt of them, what they measured over time, and flame graphs.
std::string phases_html(const SignoffResult& result, const ReportFiles& files);

}  // namespace tidemark::signoff
