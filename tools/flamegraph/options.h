#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "lib/cli/tool.h"

// The options that several verbs have.

namespace tidemark::flamegraph {

using cli::Option;

template <std::size_t... kSizes>
constexpr auto joined(const std::array<Option, kSizes>&... parts) {
  std::array<Option, (kSizes + ...)> all{};
  auto to = all.begin();
  ((to = std::copy(parts.begin(), parts.end(), to)), ...);
  return all;
}

// What is read, and what of it is shown.
constexpr std::array<Option, 4> kInputOptions = {{
    {.name = "--format",
     .value = "NAME",
     .summary = "the format of the input; auto goes by the contents",
     .fallback = "auto"},
    {.name = "--list-formats", .summary = "list the formats that can be read, and end"},
    {.name = "--value",
     .value = "NAME",
     .summary = "what to count: allocated, in-use, peak or leaked, in bytes or objects "
                "(peak-objects), time, samples, or a name from the file; default what the "
                "profile is about"},
    {.name = "--event-filter",
     .value = "EVENT",
     .summary = "the event to show of a file with several; default the first"},
}};

// How what perf recorded is folded: stackcollapse-perf.pl's options, and where
// symbols are: perf's.
constexpr std::array<Option, 14> kPerfOptions = {{
    {.name = "--pid", .summary = "perf: stacks start with COMMAND-PID"},
    {.name = "--tid", .summary = "perf: stacks start with COMMAND-PID/TID"},
    {.name = "--inline", .summary = "perf: show calls that the compiler inlined"},
    {.name = "--kernel", .summary = "perf: _[k] behind functions of the kernel"},
    {.name = "--jit", .summary = "perf: _[j] behind functions compiled at run time"},
    {.name = "--all", .summary = "perf: --kernel and --jit"},
    {.name = "--addrs", .summary = "perf: addresses where functions are not known"},
    {.name = "--context", .summary = "perf: with --inline, file and line behind functions"},
    {.name = "--srcline",
     .summary = "perf: source lines behind functions, where the text has them"},
    {.name = "--compat",
     .value = "TOOL",
     .summary = "perf: fold by the rules of stackcollapse-perf.pl or inferno-collapse-perf; "
                "else by the better of the two wherever they differ",
     .fallback = "none",
     .choices = "none|flamegraph|inferno"},
    {.name = "--kallsyms",
     .value = "FILE",
     .summary = "perf.data: a copy of /proc/kallsyms of the kernel that was profiled"},
    {.name = "--vmlinux",
     .value = "FILE",
     .summary = "perf.data: the kernel that was profiled, with symbols"},
    {.name = "--symfs",
     .value = "DIR",
     .summary = "perf.data: where the files of the machine that was profiled are: programs, "
                "libraries, debug files, perf maps"},
    {.name = "--threads", .value = "N", .summary = "how many read; default one for each core"},
}};

constexpr Option kOutput = {.name = "--output,-o",
                            .value = "FILE",
                            .summary = "where to; - is standard output",
                            .fallback = "-"};

}  // namespace tidemark::flamegraph
