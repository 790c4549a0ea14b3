#pragma once

#include <cstdint>
#include <string>

#include "lib/model/profile.h"

namespace tidemark {

// What makes two frames one box.
enum class FlameGrain : std::uint8_t {
  kFunctions,  // name, module and file
  kLines,      // and the line
};

// The profile as the viewer's page reads it, not compressed: docs/formats/flame-data.md.
// Stacks are merged by their frames, siblings lie in the order of their names, and
// stacks without any value are left out. The same profile gives the same bytes.
std::string flame_data(const Profile& profile, FlameGrain grain = FlameGrain::kFunctions);

}  // namespace tidemark
