#pragma once

#include <array>

#include "lib/cli/tool.h"

namespace tidemark::signoff {

// `signoff compare A B`: what changed from the runs before to those after. 0: nothing is worse;
// 1: something is; 3: they cannot be read; 4: it cannot be told.
int compare_verb(const cli::Args& args);

inline constexpr auto kCompareOptions = std::to_array<cli::Option>({
    {.name = "--phase",
     .value = "GLOB",
     .summary = "of campaigns: only the phases of that name",
     .fallback = "*"},
    {.name = "--same",
     .value = "PERCENT",
     .summary = "a metric that changed by less is the same, however sure that is",
     .fallback = "1%"},
    {.name = "--strict", .summary = "4 when any metric cannot be told, or any run not compared"},
    {.name = "--format",
     .value = "FORMAT",
     .summary = "what to write",
     .fallback = "text",
     .choices = "text|html|json|markdown"},
    {.name = "--output,-o",
     .value = "FILE",
     .summary = "where to; differential flame graphs go beside it",
     .fallback = "-"},
});

inline constexpr std::array<cli::Example, 3> kCompareExamples = {{
    {.command = "signoff compare run-1.4.1 run-1.4.2",
     .about = "two runs, or two campaigns, whose phases are matched by name"},
    {.command = "signoff compare old.1 old.2 old.3 -- new.1 new.2 new.3",
     .about = "repetitions: what differs from run to run is known then"},
    {.command = "signoff compare --format html -o change.html nightly/last nightly/today",
     .about = "a page with flame graphs, from directories of runs"},
}};

inline constexpr cli::Verb kCompareVerb = {
    .name = "compare",
    .summary = "Says what changed between two runs, sets of runs or campaigns, and how sure it is.",
    .operands = "BEFORE... [-- AFTER...]",
    .options = kCompareOptions,
    .examples = kCompareExamples,
    .run = compare_verb};

}  // namespace tidemark::signoff
