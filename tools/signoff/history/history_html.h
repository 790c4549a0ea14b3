#pragma once

#include <string>
#include <vector>

#include "tools/signoff/history/changes.h"
#include "tools/signoff/history/rule_lines.h"

namespace tidemark::signoff {

// One page that loads nothing: what changed, how rules did, each line over its versions.
std::string history_html(const std::vector<StudiedLine>& lines, const std::vector<RuleLine>& rules);

}  // namespace tidemark::signoff
