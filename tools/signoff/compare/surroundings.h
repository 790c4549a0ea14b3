#pragma once

#include <map>
#include <string>
#include <vector>

#include "tools/signoff/compare/comparison.h"
#include "tools/signoff/compare/metrics.h"

namespace tidemark::signoff {

// Under what a run was made: "kernel", "host", "backend", "target", "load scenario", "variable X".
using Terms = std::map<std::string, std::string>;

// What run.json, load.json and the facts say of it.
Terms terms_of(const RunFacts& facts);

// What differs between the sides, by name. A name that has several values on one side differs
// unless the other side has the same ones.
std::vector<Surrounding> surroundings(const std::vector<Terms>& before,
                                      const std::vector<Terms>& after);

// Why the sides are not comparable, and what that spoils: by what differs in their terms, and by
// runs that did not come to their end.
std::vector<Concern> concerns_of(const std::vector<Surrounding>& differing, const Side& before,
                                 const Side& after);

// The runs of a side whose target died: "old/run.2: died of signal 11 (SIGSEGV)".
std::vector<std::string> deaths_of(const Side& side);

}  // namespace tidemark::signoff
