#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/analyze/change_points.h"
#include "lib/run/history_db.h"

namespace tidemark::signoff {

// What must be equal for two numbers to be of one line: only like is compared with like.
struct LineKey {
  std::string campaign;
  std::string phase;
  std::string metric;
  std::string stage;
  std::string unit;
  std::string host;
  std::string flavour;
  double scale = 1;

  friend auto operator<=>(const LineKey&, const LineKey&) = default;
  friend bool operator==(const LineKey&, const LineKey&) = default;
};

// A metric with its stage: "search.p95@normal".
std::string metric_text(const LineKey& key);

// A version: the mean of all its runs.
struct LinePoint {
  std::string version;
  std::string commit;
  std::int64_t started_ms = 0;  // of its first night
  double value = 0;
  double error = -1;  // standard error; below 0: not known
  std::vector<double> runs;
  bool night = false;  // one night of a version that has several

  // "1c3f" or "1.4.2" or, of a night, with its date.
  std::string name() const;
};

// A metric over time.
struct Line {
  LineKey key;
  std::vector<LinePoint> points;

  std::vector<VersionValue> values() const;
};

// What a measure of an entry belongs to.
LineKey key_of(const HistoryEntry& entry, const HistoryMeasure& measure);

struct LineFilter {
  std::string phase = "*";  // globs
  std::string metric = "*";
};

// The lines in `entries`, in the order of their keys. Nights of one version in a row are one
// point, unless that leaves fewer versions than changes can be found in: then each night is one.
// Numbers that are none are left out.
std::vector<Line> lines_of(const std::vector<HistoryEntry>& entries, const LineFilter& filter = {});

}  // namespace tidemark::signoff
