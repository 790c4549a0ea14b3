#pragma once

#include <string_view>

namespace tidemark {

// web/report/compare.css; embedded by cmake/embed.cmake, with its SHA-256 in hexadecimal digits.
extern const std::string_view kCompareCss;
extern const std::string_view kCompareCssSha256;

}  // namespace tidemark
