#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "lib/cli/full_screen.h"
#include "lib/cli/line.h"
#include "tools/pressure/view/shown.h"

namespace tidemark::pressure {

// The live view as lines from the top, at most `size.rows`, each narrower than
// `size.columns`. `notes` are what happened, the last one last; of them and of the labels
// as much as fits.
std::vector<std::string> screen_lines(const Shown& shown, const std::vector<std::string>& notes,
                                      const cli::FullScreen::Size& size, cli::Look look);

// The last values as one row of block characters from 0 up to the highest of them; a gap
// where there is none.
std::string sparkline(const std::deque<std::optional<double>>& values, std::size_t columns);

}  // namespace tidemark::pressure
