#pragma once

#include <string_view>

namespace tidemark {

// web/report/night.html, the frame of our pages with a style sheet of their own; embedded once
// for all pages of signoff by cmake/embed.cmake, with its SHA-256 in hexadecimal digits.
extern const std::string_view kNightHtml;
extern const std::string_view kNightHtmlSha256;

}  // namespace tidemark
