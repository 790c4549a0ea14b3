#pragma once

#include <unordered_map>
#include <vector>

#include "lib/model/finding.h"

namespace tidemark {

// The definite leak that holds each indirect one, where the data says which;
// sites_of() has the rules. Points into `findings`.
std::unordered_map<const Finding*, const Finding*> holders_of(const std::vector<Finding>& findings);

}  // namespace tidemark
