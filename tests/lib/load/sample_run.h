#pragma once

#include <cstdint>
#include <filesystem>

#include "lib/load/result.h"

namespace tidemark::load {

// A run as pressure could have left it: three labels, stages of 200, 500 and 2000 requests a
// second, a fault at which everything waits for a second, a few failures, a target that
// grows; and a ladder. The same each time.
RunResult sample_run();

// The same as a run directory: load.json, load.hlog, series.db.
void write_sample_run(const std::filesystem::path& directory);

}  // namespace tidemark::load
