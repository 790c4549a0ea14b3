#pragma once

#include <string>
#include <vector>

#include "lib/analyze/flame.h"
#include "lib/report/frame_attributes.h"
#include "lib/report/palette.h"
#include "lib/report/palette_map.h"

namespace tidemark {

// How a flame graph looks; names, meanings and defaults are flamegraph.pl's.
struct FlameStyle {
  std::string title;  // empty: "Flame Graph", or "Icicle Graph" when inverted
  std::string subtitle;
  std::string notes;  // embedded as a comment
  int width = 1200;   // of the image, in pixels
  int height = 16;    // of a frame
  std::string font = "Verdana";
  double font_size = 12;
  double font_width = 0.59;  // mean width of a character, in font sizes
  std::string count_name = "samples";
  std::string name_type = "Function:";
  Palette palette = Palette::kHot;
  Colouring colouring = Colouring::kByName;
  PaletteMap colours;           // of functions, before `palette`
  std::string background;       // "yellow", "blue", "green", "grey" or "#rrggbb"; empty: by palette
  AttributesByName attributes;  // of functions
  std::vector<std::string> footer;  // lines below the graph
  double factor = 1;                // what counts are multiplied with before they are shown
  bool inverted = false;            // the first frame on top
  bool difference = false;          // colours show Box::delta
  bool negate = false;              // swap its colours
  std::string encoding;             // of the XML; empty: UTF-8 by default
};

// The graph as an SVG document: readable without scripts (a title on each
// frame), and with them zoom by click, search by regular expression, and both
// kept in the page's address. The same graph gives the same bytes.
std::string flame_svg(const FlameGraph& graph, const FlameStyle& style);

}  // namespace tidemark
