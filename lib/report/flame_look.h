#pragma once

#include <cstddef>
#include <string>

#include "lib/model/profile.h"
#include "lib/report/palette.h"

namespace tidemark {

// How a flame graph of a profile looks unless it is told otherwise: what it is
// called, what it counts, and in which colours people know it.
struct FlameLook {
  std::string title;       // "Off-CPU Time Flame Graph"
  std::string count_name;  // "samples", "bytes", "ms"
  Palette palette = Palette::kHot;
  double factor = 1;  // from the profile's unit to `count_name`
};

// Goes by the name and the unit of the value type, and by the profile's title:
// memory is green, waiting is blue, and time is shown in ms.
FlameLook look_of(const Profile& profile, std::size_t value);

}  // namespace tidemark
