#pragma once

#include "lib/base/file.h"
#include "lib/model/recording.h"
#include "lib/symbolize/perf_symbols.h"
#include "parsers/perf_data.h"

namespace tidemark::flamegraph {

// Reads what `perf record` wrote, follows the calls through its copies of stacks
// (--call-graph dwarf), and names the functions. The recording's warnings say
// how many copies did not lead to the outermost call, and why.
Recording read_perf_data(const Input& input, PerfDataOptions options,
                         const PerfSymbolOptions& symbols);

}  // namespace tidemark::flamegraph
