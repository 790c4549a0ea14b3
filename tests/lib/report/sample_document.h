#pragma once

#include "lib/analyze/document.h"
#include "lib/report/report.h"

namespace tidemark {

// One Document with everything that a report can show: each kind of site,
// indirect leaks under their holder, suppressed and fixed ones, several
// processes, sampled numbers, series, a profile, warnings.
Document sample_document();

// One with names that try to be markup, escape sequences and the like, in every
// place that comes from a file.
Document hostile_document();

// A run in which nothing was found, and one whose target crashed.
Document clean_document();
Document failed_document();

// Options with the source that sample_document() speaks of; deterministic.
ReportOptions sample_options();

}  // namespace tidemark
