#pragma once

#include <string>
#include <string_view>

#include "tools/signoff/result.h"

namespace tidemark::signoff {

// Pieces that the parts of the page share.

// The sign of a state, drawn: no font is needed for it.
std::string sign_html(State state);

// The sign and the word.
std::string state_html(State state);

// A link to a file of the campaign's directory; `base` is ReportFiles::base.
std::string link_html(const std::string& base, const std::string& file, std::string_view text);

}  // namespace tidemark::signoff
