#pragma once

#include <string_view>

namespace tidemark {

// web/report/history.css, embedded by cmake/embed.cmake, with its SHA-256 in hexadecimal digits.
extern const std::string_view kHistoryCss;
extern const std::string_view kHistoryCssSha256;

}  // namespace tidemark
