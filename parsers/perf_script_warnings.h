#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/base/file.h"
#include "lib/model/recording.h"
#include "parsers/perf_script.h"
#include "parsers/perf_script_folder.h"

namespace tidemark::perf_script {

// Says in `recording` what was left out, counted otherwise than one might think, or
// lost by perf itself.
void add_warnings(const Tallies& tallies, const std::vector<std::string>& other_events,
                  std::span<const Input> inputs, const PerfScriptOptions& options,
                  Recording& recording);

}  // namespace tidemark::perf_script
