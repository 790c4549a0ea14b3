#pragma once

#include <string_view>

namespace tidemark {

// The frame of our pages (web/report/night.html) and web/report/history.css, embedded by
// cmake/embed.cmake, each with its SHA-256 in hexadecimal digits.
extern const std::string_view kHistoryFrameHtml;
extern const std::string_view kHistoryFrameHtmlSha256;
extern const std::string_view kHistoryCss;
extern const std::string_view kHistoryCssSha256;

}  // namespace tidemark
