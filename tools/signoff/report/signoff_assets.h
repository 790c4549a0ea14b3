#pragma once

#include <string_view>

namespace tidemark {

// web/report/signoff.css, embedded by cmake/embed.cmake, with its SHA-256 in hexadecimal digits.
extern const std::string_view kSignoffCss;
extern const std::string_view kSignoffCssSha256;

}  // namespace tidemark
