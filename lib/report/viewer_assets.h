#pragma once

#include <string_view>

namespace tidemark {

// The viewer's page: its frame, and its style and script as npm bundled them from
// web/viewer, each with its SHA-256 in hexadecimal digits.
extern const std::string_view kViewerHtml;
extern const std::string_view kViewerHtmlSha256;
extern const std::string_view kViewerCss;
extern const std::string_view kViewerCssSha256;
extern const std::string_view kViewerJs;
extern const std::string_view kViewerJsSha256;

}  // namespace tidemark
