#pragma once

#include <array>

#include "lib/cli/tool.h"

namespace tidemark::leakwatch {

inline constexpr std::array<cli::Option, 8> kSitesOptions = {{
    {.name = "--to",
     .value = "FORMAT",
     .summary = "what to write",
     .fallback = "text",
     .choices = "text|json"},
    {.name = "--output,-o",
     .value = "FILE",
     .summary = "where to; - is standard output",
     .fallback = "-"},
    {.name = "--flame",
     .value = "FILE",
     .summary = "draw the growth as a differential flame graph, FILE.svg or FILE.html"},
    {.name = "--limit",
     .value = "COUNT",
     .summary = "sites shown of each kind; 0: all",
     .fallback = "10"},
    {.name = "--every",
     .value = "TIME",
     .summary = "how far the dumps are apart, when their files lost their times"},
    {.name = "--false-rate",
     .value = "PERCENT",
     .summary = "how many of the sites that \"grow\" may be false, in the mean",
     .fallback = "5"},
    {.name = "--format",
     .value = "NAME",
     .summary = "the format of the dumps; auto goes by their contents",
     .fallback = "auto"},
    {.name = "--debug-dir",
     .value = "DIR",
     .summary = "look here too for separate debug information",
     .repeats = true},
}};

inline constexpr std::array<cli::Example, 2> kSitesExamples = {{
    {.command = "leakwatch sites soak", .about = "the sites of a soak with --sites, so far"},
    {.command = "leakwatch sites --flame growth.svg /tmp/heap.*.heap",
     .about = "heap dumps of gperftools, and a picture of the growth"},
}};

}  // namespace tidemark::leakwatch
