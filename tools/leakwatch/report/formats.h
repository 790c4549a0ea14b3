#pragma once

#include <string>
#include <string_view>

#include "tools/leakwatch/report/nights.h"

namespace tidemark::leakwatch {

// One soak, or several side by side, as text in one of these formats.
inline constexpr std::string_view kReportFormats = "text|html|json|junit|markdown";

// REQUIRES: `format` is one of them; there is one soak at least.
std::string written(const Nights& nights, std::string_view format);

}  // namespace tidemark::leakwatch
