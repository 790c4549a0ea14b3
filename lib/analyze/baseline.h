#pragma once

#include <vector>

#include "lib/analyze/site.h"

namespace tidemark {

// Sets the status of each of `sites`: kKnown when `baseline` has its
// fingerprint, else kNew. Gives the sites of `baseline` that are not among
// `sites` any more, with status kFixed. Sites in `holds` are judged as well, and
// count as present.
std::vector<Site> judge(std::vector<Site>& sites, const std::vector<Site>& baseline);

}  // namespace tidemark
