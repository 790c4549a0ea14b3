#pragma once

#include <string_view>

namespace tidemark {

// The page of `leakwatch serve`, as npm bundled it from web/soak, each with its SHA-256 in
// hexadecimal digits.
extern const std::string_view kSoakHtml;
extern const std::string_view kSoakHtmlSha256;
extern const std::string_view kSoakCss;
extern const std::string_view kSoakCssSha256;
extern const std::string_view kSoakJs;
extern const std::string_view kSoakJsSha256;

}  // namespace tidemark
