#pragma once

#include <array>

#include "lib/cli/tool.h"

namespace tidemark::pressure {

// `pressure report DIR`: what a run found, from what it left in its directory. The exit
// code is that of the run.
int report_verb(const cli::Args& args);

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

inline constexpr cli::Verb kReportVerb = {
    .name = "report",
    .summary = "Writes what a load found, as text, page, JSON, Markdown or JUnit.",
    .operands = "RUN",
    .options = kReportOptions,
    .examples = kReportExamples,
    .run = report_verb};

}  // namespace tidemark::pressure
