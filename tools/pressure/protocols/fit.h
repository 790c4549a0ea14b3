#pragma once

#include <string>
#include <string_view>

namespace tidemark::pressure {

// Adds what was captured from an answer, or comes from a file, to a request so that it cannot end
// the path or the line it stands in: blanks and control characters of a path as %20.
void append_fit_path(std::string& out, std::string_view path);

// The same for the value of a header: what would end its line is a blank.
void append_fit_value(std::string& out, std::string_view value);

}  // namespace tidemark::pressure
