#pragma once

#include <string_view>

namespace tidemark {

// The files of web/report, embedded by cmake/embed.cmake, each with its SHA-256
// in hexadecimal digits.
extern const std::string_view kReportHtml;
extern const std::string_view kReportHtmlSha256;
extern const std::string_view kReportCss;
extern const std::string_view kReportCssSha256;
extern const std::string_view kReportJs;
extern const std::string_view kReportJsSha256;

}  // namespace tidemark
