#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/signoff/compare/comparison.h"

namespace tidemark::signoff {

// What the writers have in common: the parts of a comparison as text in rows.
struct CompareTable {
  std::vector<std::string_view> titles;  // one that starts with '#' is of numbers
  std::vector<std::vector<std::string>> rows;
};

// verdict, metric, before, after, change, effect, p; with 95 % intervals.
CompareTable metrics_table(const PairChange& pair);

// status, finding, in how many runs. Those that are new or fixed first; known ones last.
CompareTable findings_table(const PairChange& pair);

// change, place, stack, before, after, difference, p; `most` at most.
CompareTable sites_table(const PairChange& pair, std::size_t most);
CompareTable growing_table(const PairChange& pair);

// name, before, after.
CompareTable surroundings_table(const PairChange& pair);

// "+3.1 % (+2.4 to +3.8)", or the difference itself where there is no share.
std::string change_text(const Contrast& contrast, budget::Unit unit);

// "12.3 MiB ± 0.4 MiB".
std::string level_text(const Level& level, budget::Unit unit);

// "0.003", "< 0.0001"; of an exact count "exact".
std::string p_text(const Contrast& contrast, double adjusted);

// What only part of a page tells: "3 other metrics are not judged: REASON".
std::vector<std::string> metric_notes(const PairChange& pair);

// "13 allocation sites compared, 2 differ beyond what chance explains".
std::string sites_note(const PairChange& pair);

// Runs of a side: "old/run.1, old/run.2".
std::string directories_text(const std::vector<std::string>& directories);

}  // namespace tidemark::signoff
