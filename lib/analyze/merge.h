#pragma once

#include <vector>

#include "lib/model/profile.h"

namespace tidemark {

// Several profiles (processes of one run, shards of one soak) as one. Frames
// that differ in nothing but their address are one where a function or an
// offset names them. Value types are matched by name and unit; a type that
// some profiles lack counts 0 there. Throws Error when two profiles have no
// value type in common: CPU time and bytes do not add up. Timelines are merged where
// they are of the first profile's default value type. REQUIRES: at least one
// profile, none null.
Profile merge(const std::vector<const Profile*>& profiles);

}  // namespace tidemark
