#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/leakwatch/report/night.h"

namespace tidemark::leakwatch {

// "found", "failed", "undecided", "clean": what an exit code means, as files and style
// sheets have it.
std::string_view code_of(int exit_code);

// What a report says of a soak first: names and values, empty ones left out.
using Fact = std::pair<std::string_view, std::string>;
std::vector<Fact> verdict_facts(const Night& night);

// What watching cost.
std::vector<Fact> cost_facts(const Night& night);

// How the soak ended, when that is not as it should be: a live or a dead watcher, gaps,
// what could not be read or written. One sentence each.
std::vector<std::string> warnings(const Night& night);

// Events that a reader wants to know of; not every process that came and went.
std::vector<SeriesEvent> shown_events(const Night& night);

// How a part of the memory changed from the start to the end.
struct PartChange {
  std::string_view name;
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::int64_t most = 0;
};
std::vector<PartChange> part_changes(const Night& night);

// "120 MB ± 9.2 MB", or "not known".
std::string growth_words(const Night& night);

}  // namespace tidemark::leakwatch
