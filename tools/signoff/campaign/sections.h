#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lib/toml/value.h"
#include "tools/signoff/campaign/campaign.h"

// The sections of a campaign file, each read by a file of its own; in the order of this header,
// since later ones are held against earlier ones.

namespace tidemark::signoff {

constexpr std::size_t kMostThings = 1000;  // targets, phases, runs, arguments, names in a list

// A list of texts, or one text, which is a list of one.
std::vector<std::string> texts_of(const TomlValue& value);

// [target.NAME].
void read_targets(const TomlValue& section, Campaign& campaign);

// [[phase]] and [[phase.run]].
void read_phases(const TomlValue& section, Campaign& campaign);
// What the arguments of `run` name must be there in each target that it runs on.
void check_arguments(const TomlValue& args, const RunPlan& run, const PhasePlan& phase,
                     const Campaign& campaign);
// `after` and `needs` name phases that come before.
void check_order(const TomlValue& section, const Campaign& campaign);

// [score] and [alert].
void read_score(const TomlValue& section, Campaign& campaign);
void read_alert(const TomlValue& section, Campaign& campaign);

}  // namespace tidemark::signoff
