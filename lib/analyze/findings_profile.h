#pragma once

#include <optional>
#include <vector>

#include "lib/model/finding.h"
#include "lib/model/profile.h"

namespace tidemark {

// The stacks of findings as a profile: of unfreed blocks ("leaked_objects",
// "leaked_space", what is still reachable left out unless there is nothing else),
// and where there are none, of how often each error happened ("errors"). Nothing
// when no finding has a stack.
std::optional<Profile> profile_of(const std::vector<Finding>& findings);

}  // namespace tidemark
