#pragma once

#include <filesystem>

#include "lib/analyze/document.h"
#include "tools/signoff/facts/run_facts.h"

namespace tidemark::signoff {

// What memprof found: sites, counts of leaks, races and memory errors where the profiler judges
// them and the run was whole, its verdict. REQUIRES: facts.run is set.
void add_findings(const Document& document, RunFacts& facts);

// "leaks.new", "races.new" and "memory_errors.new": sites whose fingerprints are not `known`.
// Nothing when the run does not judge them. Where nobody knows what is new (null), none is where
// there is none at all, else the measure is not applicable.
std::optional<budget::Measure> new_sites(const RunFacts& facts, const std::string& metric,
                                         const std::vector<std::string>* known);

// What a heap profile and the series beside it say of memory in use: "heap.peak" and
// "heap.steady", and who holds it. `document` is null when there is no findings.json.
void add_heap(const Document* document, RunFacts& facts);

}  // namespace tidemark::signoff
