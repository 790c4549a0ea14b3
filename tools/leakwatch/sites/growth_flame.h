#pragma once

#include <filesystem>
#include <string>

#include "lib/model/profile.h"

namespace tidemark::leakwatch {

// Draws by how much the memory in use of each stack grew from `before` to `after`: a
// differential flame graph whose widths are those after. An SVG, or the HTML viewer when
// the name ends in .html.
void write_growth_flame(const std::filesystem::path& path, const Profile& before,
                        const Profile& after, const std::string& source);

}  // namespace tidemark::leakwatch
