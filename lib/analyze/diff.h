#pragma once

#include "lib/model/profile.h"

namespace tidemark {

// What `after` has more (or, below 0, less) than `before`, stack by stack.
//
// Stacks are matched by names: function and source file, else module and
// offset; lines, addresses and directories of modules may have moved. A frame
// shows what is known of it in `after`, or in `before` when it is gone. Value
// types are matched by name and unit; the result has those that both have.
// Variances add up. Throws Error when they have none in common.
Profile difference(const Profile& before, const Profile& after);

}  // namespace tidemark
