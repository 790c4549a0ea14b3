#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lib/cli/line.h"
#include "tools/signoff/history/changes.h"
#include "tools/signoff/history/rule_lines.h"

namespace tidemark::signoff {

// For a terminal of that width: one block for each line and each rule.
std::string history_text(const std::vector<StudiedLine>& lines, const std::vector<RuleLine>& rules,
                         std::size_t width, cli::Look look);

// "3 of 42 metrics changed, 2 for the worse", and how many have too few versions.
std::string headline_of(const std::vector<StudiedLine>& lines);

// "normal: rss.steady", and what else tells the line from others: "nightly, here, release".
std::string title_of(const LineKey& key);
std::string setting_of(const LineKey& key);

// "107 ±0.6 MiB in 2ab0": the latest value with its 95 % interval, where one is known.
std::string latest_text(const StudiedLine& line);

// What is not a change but worth a word: too few versions, single bad nights.
std::vector<std::string> remarks_of(const StudiedLine& line);

}  // namespace tidemark::signoff
