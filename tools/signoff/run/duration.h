#pragma once

#include <functional>
#include <optional>
#include <string>

#include "tools/signoff/run/plan.h"

namespace tidemark::signoff {

// How long something takes, from its own history.
struct Expectation {
  Duration usual{0};    // half of them take less
  Duration longest{0};  // a high quantile, with how sure it is in it
};

// Asked by the id of a phase, of which the history knows how long all of it took; nothing: there
// is none.
using Expected = std::function<std::optional<Expectation>(const std::string& phase)>;

// What a run takes as far as its arguments say it, at that scale: its {time ...} and --for; else
// what the scenario that it names takes. And what starting and reporting take besides.
Duration start_value(const PlannedPhase& planned, const RunPlan& run, const Campaign& campaign,
                     double scale);

// When a run has taken too long: what its file says, times the scale but two minutes at least
// where it says so much; else three times the longest that its history expects, and a minute, but
// no less than for twice its start value, since the file may have changed; else ten times
// its start value, and half an hour at least.
Duration time_limit(const RunPlan& run, const std::optional<Expectation>& expectation,
                    Duration start_value, double scale);

}  // namespace tidemark::signoff
