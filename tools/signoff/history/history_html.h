#pragma once

#include <string>
#include <vector>

#include "tools/signoff/history/changes.h"

namespace tidemark::signoff {

// One page that loads nothing: what changed, then each line over its versions.
std::string history_html(const std::vector<StudiedLine>& lines);

}  // namespace tidemark::signoff
