#pragma once

#include <cstdint>
#include <vector>

#include "lib/analyze/site_history.h"
#include "lib/symbolize/symbolizer.h"
#include "parsers/agent_heap.h"

namespace tidemark::leakwatch {

// What a heap file of our agent knows of the blocks of each of its sites, with symbols.
// `now_ns`: when the file was copied, on the clock of the births.
std::vector<StackLook> looks_of(const HeapReading& reading, std::uint64_t now_ns,
                                Symbolizer& symbolizer);

// The moment `at_ms` since 1970 on the clock of the births: CLOCK_MONOTONIC where the program
// runs, as far as its clock was not set meanwhile. Never before the file was last written to.
std::uint64_t monotonic_of(const heap_file::Header& header, std::int64_t at_ms);

}  // namespace tidemark::leakwatch
