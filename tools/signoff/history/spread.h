#pragma once

#include <optional>
#include <vector>

#include "lib/budget/decision.h"
#include "lib/run/history_db.h"
#include "tools/signoff/history/lines.h"

namespace tidemark::signoff {

// How much one run of a metric differs from the next, from its former nights: what neighbouring
// nights of one level differ by, a common drift taken out, and what the repetitions of a night
// differ by. Real changes, such as steps, creeps and single bad nights, are not in it. Nothing
// when there are fewer than three pairs of nights, or the level is 0. `line` must be the same in
// all but its unit.
std::optional<budget::Spread> spread_of(const std::vector<HistoryEntry>& entries,
                                        const LineKey& line);

}  // namespace tidemark::signoff
