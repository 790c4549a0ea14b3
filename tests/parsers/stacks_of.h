#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "lib/model/profile.h"

namespace tidemark {

// Every stack with a value that is not 0, as "main;f;g", and that value.
inline std::map<std::string, std::int64_t> stacks_of(const Profile& profile,
                                                     std::size_t value_type = 0) {
  std::map<std::string, std::int64_t> found;
  for (std::uint32_t i = 0; i < profile.stacks(); ++i) {
    const std::int64_t value = profile.self(StackId{i})[value_type];
    if (value == 0) continue;
    std::string name;
    for (const Frame& frame : frames_of(profile, StackId{i})) {
      name.insert(0, name_of(frame) + (name.empty() ? "" : ";"));
    }
    found[name] += value;
  }
  return found;
}

}  // namespace tidemark
