#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lib/model/profile.h"

namespace tidemark {

// The value type of `profile` that a person calls `name`; nothing when it has
// none. That is, in this order:
//
//   its own name                          "alloc_space", "cpu-clock:u"
//   a kind, a measure, or both            "allocated", "in-use bytes", "peak-objects"
//   a measure of the default's kind       "objects" of "inuse_space" is "inuse_objects"
//   "time", "samples"                     nanoseconds or the like; "samples"
//
// Capitals and the characters between words do not matter.
std::optional<std::size_t> value_named(const Profile& profile, std::string_view name);

// The value types as a person may call them, for a message: "allocated-bytes
// (alloc_space), samples".
std::string value_names(const Profile& profile);

}  // namespace tidemark
