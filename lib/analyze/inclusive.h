#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/model/profile.h"

namespace tidemark {

// The inclusive values of every stack: its own and those of all stacks that it
// called. Value type `v` of `stack` is at stack * profile.value_types().size()
// + v. Throws Error when a sum does not fit.
std::vector<std::int64_t> inclusive(const Profile& profile);

// One value type of it, at the stack's index.
std::vector<std::int64_t> inclusive(const Profile& profile, std::size_t value_type);

}  // namespace tidemark
