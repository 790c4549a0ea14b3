#pragma once

#include <string>
#include <string_view>

#include "lib/analyze/document.h"

namespace tidemark {

// findings.json, version 1; docs/formats/findings.md describes it. It holds a
// whole Document but for its profiles, of which it holds a summary: they have a
// file of their own, profile.pb.gz.
std::string to_json(const Document& document);

// Reads it back. `name` is what messages call the text. Throws Error when it is
// not such a file, is damaged, or is in a newer version.
Document from_json(std::string_view name, std::string_view text);

}  // namespace tidemark
