#pragma once

#include <array>
#include <filesystem>

#include "lib/cli/tool.h"

namespace tidemark::pressure {

inline constexpr std::array<cli::Option, 2> kReportOptions = {{
    {.name = "--format",
     .value = "FORMAT",
     .summary = "what to write; by the name of --output when it is not given",
     .fallback = "text",
     .choices = "text|html|json|markdown|junit"},
    {.name = "--output,-o",
     .value = "FILE",
     .summary = "where to; - is standard output",
     .fallback = "-"},
}};

inline constexpr std::array<cli::Example, 2> kReportExamples = {{
    {.command = "pressure report run", .about = "what a run found, on the terminal"},
    {.command = "pressure report run -o run/report.html", .about = "the page again"},
}};

// `pressure report DIR`: what a run found, from what it left in its directory. The exit
// code is that of the run.
int run_report(const cli::Args& args);

// Writes report.html into a run directory. Throws Error.
void write_load_report(const std::filesystem::path& directory);

}  // namespace tidemark::pressure
