#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/run/history_db.h"
#include "tools/signoff/run/duration.h"

namespace tidemark::signoff {

// How long a phase takes, from its own history, without a guess at the shape of its distribution.
struct DurationForecast {
  std::int64_t usual_ms = 0;  // half of the runs take less
  std::int64_t high_ms = 0;   // 9 in 10 took less
  // What nearly all take less than: with 95 % confidence the share `covers` of all runs does.
  // 95 % of them when there were runs enough to say so (59), else as many as the longest tells.
  std::int64_t longest_ms = 0;
  double covers = 0;
  std::size_t runs = 0;
  bool scaled = false;  // from runs at other scales

  std::string text() const;  // "12 runs: half take less than 5 min, 95 % sure that 78 % take ..."
};

struct DurationQuery {
  std::string campaign;
  std::string phase;  // as HistoryPhase has it
  std::string host;   // empty: any
  double scale = 1;
};

// Nothing when no former run of the phase ended by itself. Runs on the host and at the scale asked
// for come first; without any, runs of other hosts, then runs at other scales in proportion,
// though never below a tenth of what they took: starting takes the same at any scale.
std::optional<DurationForecast> forecast_of(const std::vector<HistoryEntry>& entries,
                                            const DurationQuery& query);

// The same as the runner takes it.
std::optional<Expectation> expectation_of(const std::vector<HistoryEntry>& entries,
                                          const DurationQuery& query);

}  // namespace tidemark::signoff
