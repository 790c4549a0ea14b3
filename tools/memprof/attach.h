#pragma once

#include "lib/run/run_directory.h"
#include "tools/memprof/settings.h"

namespace tidemark::memprof {

// Throws Error with the reason when the backend cannot attach to the process.
void check_attach(const Settings& settings);

// Profiles a process that runs already, for the time asked or until Ctrl-C, and
// leaves it running. What happened is in directory.run().
void attach(const Settings& settings, RunDirectory& directory);

}  // namespace tidemark::memprof
