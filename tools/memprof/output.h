#pragma once

#include <string>
#include <string_view>

#include "lib/analyze/document.h"
#include "lib/cli/tool.h"
#include "lib/report/report.h"

namespace tidemark::memprof {

// What a verdict makes the tool exit with.
int exit_code_of(Verdict verdict);

// How a report that goes to `path` ("-": standard output) is to look.
ReportOptions options_for(std::string_view path, bool all_frames);

// `document` in one of them. Throws Error when it has nothing that the format
// can hold.
std::string written(const Document& document, std::string_view format,
                    const ReportOptions& options);

// The profile that stands for the run: the document's own, or the unfreed
// blocks of its sites as one. Throws Error when there is neither.
Profile main_profile_of(const Document& document);

}  // namespace tidemark::memprof
