#pragma once

#include <string>

#include "lib/model/profile.h"

namespace tidemark {

// The profile in callgrind's format, for KCachegrind and callgrind_annotate: every
// value type as an event, the default one first; the cost of each line of each
// function, and of its calls. What a call costs is counted once for each stack that it
// is on, however often it recurs there; "calls=" is the number of these stacks, since a
// profile does not know how often a function was called. Values below 0 count as 0:
// the format has none.
//
// https://valgrind.org/docs/manual/cl-format.html
std::string to_callgrind(const Profile& profile);

}  // namespace tidemark
