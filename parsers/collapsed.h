#pragma once

#include "lib/base/file.h"
#include "lib/model/recording.h"

namespace tidemark {

// Folded stacks whose lines are in the order of time, as for flamegraph.pl
// --flamechart: Profile::timeline has the lines, `at` being their numbers. Files with two
// columns have none. Otherwise as the format "collapsed" is parsed.
Recording parse_collapsed_in_order(const Input& input);

}  // namespace tidemark
