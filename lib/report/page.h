#pragma once

#include <map>
#include <string>
#include <string_view>

namespace tidemark {

// What our self-contained pages are made of.

// A SHA-256 digest in hexadecimal digits as a Content-Security-Policy wants it:
// base64 of the bytes.
std::string base64_of_hex(std::string_view hex);

// The bytes as base64 (RFC 4648), without line breaks.
std::string base64(std::string_view bytes);

// Fills "{{name}}" from `values` in one pass: what is filled in is not read again.
std::string filled(std::string_view page, const std::map<std::string_view, std::string>& values);

}  // namespace tidemark
