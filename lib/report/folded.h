#pragma once

#include <cstddef>
#include <string>

#include "lib/model/profile.h"

namespace tidemark {

// The stacks of `profile` with their values of one type as folded text,
// "main;serve;f 3200" a line: the outermost frame first, equal stacks summed up,
// those that come to 0 left out, sorted bytewise by the stack.
//
// Names keep their bytes but for what would divide them: `;` comes out as `:`,
// a line break as a space.
std::string to_folded(const Profile& profile, std::size_t value);

}  // namespace tidemark
