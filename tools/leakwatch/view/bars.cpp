#include "tools/leakwatch/view/bars.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

namespace tidemark::leakwatch {
namespace {

constexpr std::array<std::string_view, 9> kEighths = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr int kFull = 8;

}  // namespace

std::vector<std::optional<double>> columns_of(const soak::Envelope& series, const Span& span,
                                              std::size_t columns) {
  std::vector<std::optional<double>> out(columns);
  if (columns == 0 || series.empty() || span.to_ms <= span.from_ms) return out;
  std::vector<double> sums(columns);
  std::vector<int> counts(columns);
  const double column_ms =
      static_cast<double>(span.to_ms - span.from_ms) / static_cast<double>(columns);
  for (const soak::Envelope::Slot& slot : series.slots()) {
    if (slot.at_ms < span.from_ms || slot.at_ms > span.to_ms) continue;
    const auto column = std::min(
        columns - 1,
        static_cast<std::size_t>(static_cast<double>(slot.at_ms - span.from_ms) / column_ms));
    sums[column] += (static_cast<double>(slot.low) + static_cast<double>(slot.high)) / 2;
    ++counts[column];
  }
  std::optional<double> last;
  for (std::size_t i = 0; i < columns; ++i) {
    if (counts[i] > 0) last = sums[i] / counts[i];
    out[i] = last;
  }
  return out;
}

Scale scale_of(const std::vector<std::optional<double>>& values, double least) {
  Scale scale{.low = std::numeric_limits<double>::infinity(),
              .high = -std::numeric_limits<double>::infinity()};
  for (const std::optional<double>& value : values) {
    if (!value) continue;
    scale = {.low = std::min(scale.low, *value), .high = std::max(scale.high, *value)};
  }
  if (!(scale.low <= scale.high)) return {.low = 0, .high = least};
  const double lacking = least - (scale.high - scale.low);
  if (lacking > 0) {
    scale.low = std::max(0.0, scale.low - lacking / 2);
    scale.high = scale.low + least;
  }
  return scale;
}

std::vector<std::string> bars(const std::vector<std::optional<double>>& values, const Scale& scale,
                              std::size_t rows) {
  std::vector<std::string> out(rows);
  const int full = kFull * static_cast<int>(rows);
  for (const std::optional<double>& value : values) {
    int height = 0;  // in eighths
    if (value) {
      const double part = (*value - scale.low) / std::max(scale.high - scale.low, 1e-9);
      height = std::clamp(static_cast<int>(std::lround(part * (full - 1))) + 1, 1, full);
    }
    for (std::size_t row = 0; row < rows; ++row) {
      const int below = kFull * static_cast<int>(rows - 1 - row);
      out[row] += kEighths[static_cast<std::size_t>(std::clamp(height - below, 0, kFull))];
    }
  }
  return out;
}

}  // namespace tidemark::leakwatch
