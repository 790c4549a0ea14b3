#pragma once

#include <string>
#include <string_view>

namespace tidemark {

// Adds `text` to `out` as a JSON string, quotes included. REQUIRES: `text` is UTF-8
// (printable() and reversible() make any bytes that). Large documents are written
// piece by piece: a tree of a million values would cost more than all else.
void append_json(std::string& out, std::string_view text);

// The string alone.
std::string json_text(std::string_view text);

}  // namespace tidemark
