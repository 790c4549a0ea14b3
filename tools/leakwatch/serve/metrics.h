#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tools/leakwatch/serve/soaks.h"

namespace tidemark::leakwatch {

// The soaks in Prometheus' text format, version 0.0.4: base units, counters that end in
// _total, one label "soak" that names the run directory.
std::string metrics_text(const std::vector<ShownSoak>& soaks, std::size_t viewers);

}  // namespace tidemark::leakwatch
