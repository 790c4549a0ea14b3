#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tidemark {

// The bytes as base64 (RFC 4648), without line breaks.
std::string base64(std::string_view bytes);

// The other way round; nothing for anything else, such as a length that is no multiple of 4.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace tidemark
