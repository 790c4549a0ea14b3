#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tidemark {

struct Point {
  std::int64_t at = 0;
  std::int64_t value = 0;

  friend bool operator==(const Point&, const Point&) = default;
};

// One number over the life of a run.
//
// Invariant: points are in the order of `at`.
struct Series {
  std::string name;      // "heap", "rss"
  std::string unit;      // of the values: "bytes", "count"
  std::string at_unit;   // of the points' places: "ms", "bytes", "instructions"
  std::int64_t pid = 0;  // 0: not known, or several processes
  std::vector<Point> points;

  friend bool operator==(const Series&, const Series&) = default;
};

}  // namespace tidemark
