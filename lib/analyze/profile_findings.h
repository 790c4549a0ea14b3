#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "lib/model/finding.h"
#include "lib/model/profile.h"
#include "lib/model/recording.h"

namespace tidemark {

// The code of a Finding that says no more than "these bytes were in use when
// the profile was taken". Its kind is kInUse: a heap profiler does not know
// whether anything still points to a block.
inline constexpr std::string_view kInUseCode = "InUse";

// Which value type counts the bytes in use, if any does: what makes a profile a
// heap profile. And the blocks.
std::optional<std::size_t> in_use_bytes(const Profile& profile);
std::optional<std::size_t> in_use_blocks(const Profile& profile);

// One Finding a stack that has bytes in use, the largest first, with standard
// errors where the profile is sampled. More than `most` stacks come as `most`
// and one Finding without a stack for the sum of the others. Empty when it is no
// heap profile, or nothing is in use.
std::vector<Finding> findings_from_profile(const Profile& profile, std::size_t most = 1000);

// What a recording has to report: its findings, and where it has none, what its
// last heap profile has in use. (massif, DHAT, heaptrack and the heap profiles
// of gperftools and jemalloc hold no findings of their own.)
std::vector<Finding> findings_of(const Recording& recording);

}  // namespace tidemark
