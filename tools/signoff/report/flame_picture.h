#pragma once

#include <string>

#include "lib/model/profile.h"

namespace tidemark::signoff {

// A flame graph of the profile as an inline SVG that fills the page's width: every frame with its
// name and share as a title, frames below 0.2 % left out. Empty when the profile holds nothing.
std::string flame_picture(const Profile& profile);

// What its widths are: "bytes in use".
std::string flame_title(const Profile& profile);

}  // namespace tidemark::signoff
