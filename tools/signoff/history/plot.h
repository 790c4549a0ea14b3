#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lib/cli/line.h"
#include "tools/signoff/history/changes.h"

namespace tidemark::signoff {

struct PlotSize {
  std::size_t columns = 60;
  std::size_t rows = 1;
};

// A line as columns of bars from its lowest to its highest value, a text per row, the top first;
// where there are more versions than columns, each column is the mean of some. What stands alone
// (an outlier) is cut off at the edge of the others, so that it does not flatten them.
std::vector<std::string> plot_of(const StudiedLine& line, PlotSize size, cli::Look look);

// Below it: a mark at each step and along a creep. Empty when there is neither.
std::string marks_of(const StudiedLine& line, PlotSize size, cli::Look look);

}  // namespace tidemark::signoff
