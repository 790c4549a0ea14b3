#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/base/file.h"
#include "parsers/perf_script_folder.h"

namespace tidemark::perf_script {

// What was left out, counted otherwise than one might think, or lost by perf itself.
std::vector<std::string> warnings_of(const Tallies& tallies,
                                     const std::vector<std::string>& other_events,
                                     std::span<const Input> inputs, Rules rules);

}  // namespace tidemark::perf_script
