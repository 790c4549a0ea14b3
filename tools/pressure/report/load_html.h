#pragma once

#include <string>

#include "tools/pressure/report/load_run.h"

namespace tidemark::pressure {

// A load as one self-contained page: the verdict with every limit first, then the evidence.
std::string load_html(const LoadRun& run);

}  // namespace tidemark::pressure
