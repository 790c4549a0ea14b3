#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lib/analyze/top.h"
#include "lib/model/profile.h"

namespace tidemark {

struct TopOptions {
  std::size_t limit = 20;  // rows; 0: all
  std::size_t width = 0;   // columns; names are cut to fit and bars fill the rest; 0: neither
  bool colour = false;     // terminal escapes
};

// `functions` (of top(), in any order) as a table for a terminal: own and
// inclusive values, their shares of the profile's total, and names, which are
// made safe to print.
std::string top_table(const Profile& profile, std::size_t value,
                      const std::vector<FunctionTotal>& functions, const TopOptions& options);

}  // namespace tidemark
