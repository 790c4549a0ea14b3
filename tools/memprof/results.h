#pragma once

#include <string>

#include "lib/analyze/document.h"
#include "lib/run/run_directory.h"
#include "tools/memprof/documents.h"

namespace tidemark::memprof {

// Reads what lies in raw/ of a run that is over, decides, writes what a run directory holds, and
// ends the run. `early_end` says why one that ended well cannot be trusted; empty: it can.
Document finish_run(RunDirectory& directory, const Judging& judging, const std::string& early_end);

// The report on standard output, the directory's name on standard error.
void print_run(const RunDirectory& directory, const Document& document, bool all_frames);

}  // namespace tidemark::memprof
