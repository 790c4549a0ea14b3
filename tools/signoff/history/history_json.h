#pragma once

#include <string>
#include <vector>

#include "tools/signoff/history/changes.h"
#include "tools/signoff/history/rule_lines.h"

namespace tidemark::signoff {

// What `signoff history --format json` writes (docs/formats/history.md).
std::string history_json(const std::vector<StudiedLine>& lines, const std::vector<RuleLine>& rules);

// A row for each version of each line, for spreadsheets (RFC 4180).
std::string history_csv(const std::vector<StudiedLine>& lines);

}  // namespace tidemark::signoff
