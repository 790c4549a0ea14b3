#pragma once

#include <cstdint>
#include <string>

#include "tools/leakwatch/report/night.h"

namespace tidemark::leakwatch {

// A soak's memory over its time as HTML: an SVG for wide pages and one for narrow ones,
// and a legend. Lowest and highest value of each moment, so that no peak is lost; the
// change point; from the end on the growth that is expected, with its interval; limits, restarts,
// alarms and gaps; the load underneath. Empty when there are fewer than two points.
std::string night_chart(const Night& night);

// The same, small and without words, for many beside each other. All have the same scale,
// which ends with `most_bytes`.
std::string small_chart(const Night& night, std::int64_t most_bytes);

// A plain chart of one series of the soak, such as a metric; empty as above.
std::string series_chart(const Night& night, const History::Charted& series);

}  // namespace tidemark::leakwatch
