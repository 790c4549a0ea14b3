#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/model/series.h"

namespace tidemark {

enum class ChartSize : std::uint8_t { kLarge, kSmall };

// A line chart as HTML: one inline SVG for wide and one for narrow pages, of
// which the style sheet shows one, and a legend. Every point carries its value
// as a <title>. REQUIRES: all `series` have the same unit and at_unit. Empty
// when there are fewer than two points to draw in each.
std::string chart_html(const std::vector<Series>& series, const std::string& title,
                       ChartSize size = ChartSize::kLarge);

// One chart with a heading for each pair of units, in the order in which they come.
std::string charts_html(const std::vector<Series>& series, ChartSize size = ChartSize::kLarge);

// The round values of an axis from `low` to `high`, about `about` of them; `unit` is that
// of a Series.
struct Tick {
  double at = 0;
  std::string text;
};
std::vector<Tick> axis_ticks(double low, double high, const std::string& unit, int about);

// The points that stand for `points` when at most `most` can be shown: of each
// stretch the lowest and the highest, and always the first and the last.
std::vector<Point> thinned(const std::vector<Point>& points, std::size_t most);

}  // namespace tidemark
