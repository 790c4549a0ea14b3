#pragma once

#include <array>
#include <filesystem>
#include <string>

#include "lib/cli/tool.h"
#include "tools/signoff/result.h"

namespace tidemark::signoff {

// `signoff report DIR`: what a campaign found, from what it left in its directory. The exit code
// is that of the campaign.
int report_verb(const cli::Args& args);

inline constexpr std::array<cli::Option, 2> kReportOptions = {{
    {.name = "--format",
     .value = "FORMAT",
     .summary = "what to write; by the name of --output when it is not given",
     .fallback = "text",
     .choices = "text|html|json|junit|sarif|markdown|metrics|openmetrics|github"},
    {.name = "--output,-o",
     .value = "FILE",
     .summary = "where to; - is standard output",
     .fallback = "-"},
}};

inline constexpr std::array<cli::Example, 3> kReportExamples = {{
    {.command = "signoff report nightly", .about = "what a campaign found, on the terminal"},
    {.command = "signoff report nightly -o report.html", .about = "the page, with its links"},
    {.command = "signoff report nightly --format github", .about = "annotations of a CI job"},
}};

inline constexpr cli::Verb kReportVerb = {
    .name = "report",
    .summary =
        "Writes what a campaign found, as text, page, JSON, JUnit, SARIF, Markdown or metrics.",
    .operands = "DIR",
    .options = kReportOptions,
    .examples = kReportExamples,
    .run = report_verb};

// How a result is written, and where to.
struct ReportTask {
  std::string format;  // one of those of --format; empty: by the name of `output`
  std::string output = "-";
};

// Of a campaign that is in `directory`. Throws Error.
void write_report(const SignoffResult& result, const std::filesystem::path& directory,
                  const ReportTask& task);

// Writes into a campaign's directory what goes there besides signoff.json: report.html, junit.xml,
// signoff.sarif, summary.md and metrics.prom. Throws Error.
void write_all(const std::filesystem::path& directory, const SignoffResult& result);

}  // namespace tidemark::signoff
