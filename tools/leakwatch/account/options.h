#pragma once

#include <array>

#include "lib/cli/tool.h"

namespace tidemark::leakwatch {

inline constexpr std::array<cli::Option, 5> kAccountOptions = {{
    {.name = "--tree", .summary = "with all processes that it started, together"},
    {.name = "--during", .value = "TIME", .summary = "look twice, so far apart, and say what grew"},
    {.name = "--allocator",
     .value = "FILE",
     .summary = "what its allocator says: malloc_info, jemalloc's or tcmalloc's statistics, "
                "redis' INFO; - is standard input"},
    {.name = "--to",
     .value = "FORMAT",
     .summary = "what to write",
     .fallback = "text",
     .choices = "text|json"},
    {.name = "--output,-o",
     .value = "FILE",
     .summary = "where to; - is standard output",
     .fallback = "-"},
}};

inline constexpr std::array<cli::Example, 2> kAccountExamples = {{
    {.command = "redis-cli info memory | leakwatch account $(pidof redis-server) --allocator -",
     .about = "live, freed but kept, fragmentation, mmap, and the rest"},
    {.command = "leakwatch account --tree --during 1m $(pidof nginx | tr ' ' '\\n' | tail -1)",
     .about = "what grew in a minute"},
}};

}  // namespace tidemark::leakwatch
