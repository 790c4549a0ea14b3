#pragma once

#include <string>

#include "tools/signoff/history/changes.h"

namespace tidemark::signoff {

// The values over the versions with their 95 % intervals, the level that was found, and a mark
// where it changed. Large when something changed.
std::string line_chart(const StudiedLine& line);

}  // namespace tidemark::signoff
