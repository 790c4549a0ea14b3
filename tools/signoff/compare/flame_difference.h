#pragma once

#include <string>
#include <vector>

#include "tools/signoff/compare/metrics.h"

namespace tidemark::signoff {

// Two sides' profiles as a differential flame graph: what a run holds or spends in the mean.
struct FlameDifference {
  std::string html;     // the interactive page, a file by itself; empty: there is none
  std::string svg;      // the same as a picture
  std::string problem;  // why there is none although both sides have profiles; empty: no problem
};

// Of the profiles (profile.pb.gz) of both sides. Nothing when a side has none.
FlameDifference flame_difference(const Side& before, const Side& after, const std::string& title);

}  // namespace tidemark::signoff
