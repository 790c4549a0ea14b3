#pragma once

#include <string>

#include "tools/signoff/compare/comparison.h"

namespace tidemark::signoff {

// A comparison as text. The same comparison gives the same bytes, and names in it are text in
// each language, whatever bytes they have.
std::string compare_text(const Comparison& comparison, bool colour);
std::string compare_markdown(const Comparison& comparison);
std::string compare_json(const Comparison& comparison);  // docs/signoff-compare.md
std::string compare_html(const Comparison& comparison);  // one file that loads nothing

}  // namespace tidemark::signoff
