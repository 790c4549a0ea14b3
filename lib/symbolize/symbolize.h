#pragma once

#include <vector>

#include "lib/model/finding.h"
#include "lib/model/profile.h"
#include "lib/symbolize/symbolizer.h"

namespace tidemark {

// `profile` with a function, file and line for every frame that has none but a
// module and an offset in it; an inlined call becomes a frame of its own.
// Frames that have only an address get module and offset from the profile's
// mappings first. Where nothing is known, the frame stays as it is: module and
// offset, never the name of something nearby.
//
// The builds in the profile's mappings are expected of the files.
Profile symbolized(const Profile& profile, Symbolizer& symbolizer);

// The same for the stacks of findings, in place. Equal frames stay shared.
void symbolize(std::vector<Finding>& findings, Symbolizer& symbolizer);

}  // namespace tidemark
