#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidemark {

// A command line as a list of arguments, as a shell would split it: at white
// space; '...' keeps everything, "..." everything but \" and \\, and \ keeps the
// next character. Nothing is expanded, and no shell is involved: $, *, |, ; and
// the like are ordinary characters, and an unquoted | ; & < > is an error, since
// whoever writes one expects a shell. `what` is the option, for the message.
// Throws UsageError, also when nothing is left.
std::vector<std::string> split_command(std::string_view line, std::string_view what);

}  // namespace tidemark
