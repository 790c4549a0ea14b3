#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "lib/model/profile.h"

namespace tidemark {

// A stack as folded text, "main;serve;f", and its sums, one of each value type that
// was asked for. Both end with the call that gets them.
using FoldedLine = std::function<void(std::string_view stack, std::span<const std::int64_t> sums)>;

// Calls `line` once for each stack of `profile` that was counted, in the bytewise
// order of the texts. Frames whose names are the same there are one. `values` are
// indices of value types; a stack where all of them are 0 is not counted.
void each_folded_line(const Profile& profile, std::span<const std::size_t> values,
                      const FoldedLine& line);

}  // namespace tidemark
