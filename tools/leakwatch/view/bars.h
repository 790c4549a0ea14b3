#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/soak/envelope.h"

namespace tidemark::leakwatch {

// One value for each of `columns` equal spans of time; nothing where it is not known
// yet. A span without a point of its own has the value before it.
struct Span {
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
};
std::vector<std::optional<double>> columns_of(const soak::Envelope& series, const Span& span,
                                              std::size_t columns);

struct Scale {
  double low = 0;
  double high = 1;
};

// The smallest and the largest value, at least `least` apart.
Scale scale_of(const std::vector<std::optional<double>>& values, double least);

// A bar chart of block characters, `rows` lines from the top, one column a value. A value
// of scale.low still is an eighth of a row high.
std::vector<std::string> bars(const std::vector<std::optional<double>>& values, const Scale& scale,
                              std::size_t rows);

}  // namespace tidemark::leakwatch
