#pragma once

#include <string_view>

namespace tidemark {

// web/report/night.html, the frame of our pages with a style sheet of their own, and
// load.css; embedded by cmake/embed.cmake, each with its SHA-256 in hexadecimal digits.
extern const std::string_view kNightHtml;
extern const std::string_view kNightHtmlSha256;
extern const std::string_view kLoadCss;
extern const std::string_view kLoadCssSha256;

}  // namespace tidemark
