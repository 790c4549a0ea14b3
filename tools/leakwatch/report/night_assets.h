#pragma once

#include <string_view>

namespace tidemark {

// web/report/night.*, embedded by cmake/embed.cmake, each with its SHA-256 in
// hexadecimal digits.
extern const std::string_view kNightHtml;
extern const std::string_view kNightHtmlSha256;
extern const std::string_view kNightCss;
extern const std::string_view kNightCssSha256;

}  // namespace tidemark
