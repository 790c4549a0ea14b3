#pragma once

#include <string>

#include "tools/pressure/report/load_run.h"

namespace tidemark::pressure {

// A load for a terminal, for Markdown, and as JUnit XML: a test case for each limit.
std::string load_text(const LoadRun& run);
std::string load_markdown(const LoadRun& run);
std::string load_junit(const LoadRun& run);

}  // namespace tidemark::pressure
