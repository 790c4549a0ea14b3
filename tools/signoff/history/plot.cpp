#include "tools/signoff/history/plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

namespace tidemark::signoff {
namespace {

constexpr std::array<std::string_view, 9> kBars = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, 3> kPlainBars = {" ", ".", "#"};

std::size_t columns_for(const StudiedLine& line, PlotSize size) {
  return std::max<std::size_t>(std::min(size.columns, line.line.points.size()), 1);
}

std::size_t column_of(std::size_t point, const StudiedLine& line, PlotSize size) {
  return point * columns_for(line, size) / line.line.points.size();
}

// The mean of the versions of each column.
std::vector<double> means(const StudiedLine& line, PlotSize size) {
  const std::vector<LinePoint>& points = line.line.points;
  std::vector<double> sums(columns_for(line, size), 0);
  std::vector<double> counts(sums.size(), 0);
  for (std::size_t i = 0; i < points.size(); ++i) {
    sums[column_of(i, line, size)] += points[i].value;
    ++counts[column_of(i, line, size)];
  }
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] /= std::max(counts[i], 1.0);
  return sums;
}

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
};

// Of all that does not stand alone.
Range range_of(const StudiedLine& line) {
  Range range;
  for (std::size_t i = 0; i < line.line.points.size(); ++i) {
    if (std::ranges::find(line.found.outliers, i) != line.found.outliers.end()) continue;
    range.low = std::min(range.low, line.line.points[i].value);
    range.high = std::max(range.high, line.line.points[i].value);
  }
  return range;
}

template <std::size_t N>
std::vector<std::string> bars(const std::vector<double>& values, Range range, std::size_t rows,
                              const std::array<std::string_view, N>& glyphs) {
  constexpr std::size_t kLevels = N - 1;
  std::vector<std::string> out(rows);
  for (const double value : values) {
    const double share = range.high > range.low
                             ? std::clamp((value - range.low) / (range.high - range.low), 0.0, 1.0)
                             : 0.5;
    // The lowest value is still a bar.
    const auto height =
        static_cast<std::size_t>(1 + std::lround(share * static_cast<double>(rows * kLevels - 1)));
    for (std::size_t row = 0; row < rows; ++row) {
      const std::size_t below = (rows - 1 - row) * kLevels;
      out[row] += glyphs.at(height > below ? std::min(height - below, kLevels) : 0);
    }
  }
  return out;
}

}  // namespace

std::vector<std::string> plot_of(const StudiedLine& line, PlotSize size, cli::Look look) {
  if (line.line.points.empty()) return std::vector<std::string>(size.rows);
  const std::vector<double> values = means(line, size);
  if (look.unicode) return bars(values, range_of(line), size.rows, kBars);
  return bars(values, range_of(line), size.rows, kPlainBars);
}

std::string marks_of(const StudiedLine& line, PlotSize size, cli::Look look) {
  if (line.changes.empty()) return "";
  std::vector<std::string> marks(columns_for(line, size), " ");
  if (line.found.creep) {
    const std::size_t last = column_of(line.found.creep->last, line, size);
    for (std::size_t i = column_of(line.found.creep->first, line, size); i <= last; ++i) {
      marks[i] = look.unicode ? "╌" : "-";
    }
  }
  for (const Step& step : line.found.steps) {
    marks[column_of(step.first, line, size)] = look.unicode ? "▲" : "^";
  }
  std::string out;
  for (const std::string& mark : marks) out += mark;
  return out.substr(0, out.find_last_not_of(' ') + 1);
}

}  // namespace tidemark::signoff
