#pragma once

#include <functional>
#include <map>
#include <string>

#include "lib/base/file.h"
#include "lib/report/palette.h"

namespace tidemark {

// The colours of functions that shall stay the same from one graph to the next:
// flamegraph.pl's palette.map, lines such as "main->rgb(205,0,0)".
using PaletteMap = std::map<std::string, Colour, std::less<>>;

// Throws UsageError.
PaletteMap parse_palette_map(const Input& input);

// Sorted by name; reads back equal. Names that a line cannot hold are left out.
std::string to_text(const PaletteMap& map);

}  // namespace tidemark
