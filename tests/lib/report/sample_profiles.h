#pragma once

#include <cstddef>

#include "lib/model/profile.h"

namespace tidemark {

// A server with two threads and a client: 1000 samples of 1 ms, taken in turn over 3 s,
// with modules, files and lines; "cpu" in nanoseconds and "samples". Half of the samples
// of server-100/101 are in `parse`, of which a fifth calls itself; all of server-100/102
// are in `std::vector<...>::push_back`.
Profile sample_profile();

// Values "before" and "after": `parse` grew from 100 to 300, `render` shrank from 200 to
// 100, `legacy` is gone, `modern` is new.
Profile difference_profile();

// Names that try to be markup, script, terminal escapes, and text that runs backwards.
Profile hostile_profile();

// That many different stacks, about 256 bytes each when folded, the same every time.
Profile profile_of(std::size_t stacks);

// One stack of that many frames, of 100 functions in turn.
Profile deep_profile(std::size_t frames);

}  // namespace tidemark
