#pragma once

#include <string_view>

namespace tidemark {

// web/flame/svg.js: what makes a flame graph's SVG answer.
extern const std::string_view kSvgJs;

}  // namespace tidemark
