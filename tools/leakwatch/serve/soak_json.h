#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tools/leakwatch/serve/soaks.h"

namespace tidemark::leakwatch {

// What the page of `leakwatch serve` reads, and anybody else may:
// docs/formats/serve-json.md.

// Everything known of one soak but its history.
std::string soak_json(const ShownSoak& soak);

// {"tidemark": "0.1.0", "complete": ..., "soaks": [...]}.
std::string soaks_json(const Soaks& soaks);

// {"soak": ID, "rows": [{"t": ..., "v": {NAME: VALUE, ...}}, ...]}.
std::string rows_json(const std::string& id, const std::vector<FreshRow>& rows,
                      const History& history);

// A part of a soak's history for a chart; times and values are steps from the one before.
struct ChartRange {
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
  std::size_t columns = 0;
};
std::string history_json(const History& history, const ChartRange& range);

}  // namespace tidemark::leakwatch
