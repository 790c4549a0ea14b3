#pragma once

#include <cstdint>
#include <string>

#include "tools/signoff/result.h"

namespace tidemark::signoff {

enum class MetricsFormat : std::uint8_t {
  kPrometheus,   // text format 0.0.4: node_exporter's textfile collector, push gateways
  kOpenMetrics,  // 1.0: the same families, and "# EOF"
};

// The numbers of a campaign as gauges, each series once (docs/formats/signoff.md lists them).
// No sample has a time of its own, which the textfile collector would refuse: when the campaign
// ended is a gauge.
std::string result_metrics(const SignoffResult& result,
                           MetricsFormat format = MetricsFormat::kPrometheus);

}  // namespace tidemark::signoff
