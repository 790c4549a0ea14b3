#pragma once

#include <map>
#include <string>
#include <string_view>

#include "lib/base/base64.h"

namespace tidemark {

// What our self-contained pages are made of.

// A SHA-256 digest in hexadecimal digits as a Content-Security-Policy wants it:
// base64 of the bytes.
std::string base64_of_hex(std::string_view hex);

// Fills "{{name}}" from `values` in one pass: what is filled in is not read again.
std::string filled(std::string_view page, const std::map<std::string_view, std::string>& values);

}  // namespace tidemark
