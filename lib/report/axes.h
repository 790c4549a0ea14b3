#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/report/chart.h"

namespace tidemark {

// A coordinate system in an inline SVG; each function draws something in it. Kinds are
// classes of a style sheet, names and titles untrusted text.
class Axes {
 public:
  enum class Scale : std::uint8_t { kLinear, kLog };
  struct Box {
    double left = 0;
    double right = 0;
    double top = 0;
    double bottom = 0;
  };
  struct Range {
    double low = 0;  // of a log scale above 0
    double high = 1;
    Scale scale = Scale::kLinear;
  };
  Axes(const Box& box, Range x, Range y);

  // Lines across with their values, and values along the bottom.
  std::string across(const std::vector<Tick>& ticks) const;
  std::string along(const std::vector<Tick>& ticks) const;

  struct Place {
    double x = 0;
    double y = 0;
    std::string title = {};  // what a pointer says of it; empty: nothing
  };
  // Places in order; a new piece begins after each that is not a number.
  std::string line(const std::vector<Place>& places, std::string_view kind) const;
  std::string area(const std::vector<Place>& places,
                   std::string_view kind) const;  // down to the bottom
  // REQUIRES: as many lower as upper places, at the same x.
  std::string band(const std::vector<Place>& lower, const std::vector<Place>& upper,
                   std::string_view kind) const;
  std::string dots(const std::vector<Place>& places, std::string_view kind) const;

  // From top to bottom at `x`, with a label at the top.
  struct Mark {
    double x = 0;
    std::string_view kind;
    std::string label;
    std::string title;
  };
  std::string upright(const Mark& mark) const;
  // A name in the left upper corner.
  std::string name(std::string_view text) const;

 private:
  double across_at(double x) const;
  double down_at(double y) const;

  Box box_;
  Range x_;
  Range y_;
};

// 1, 2 and 5 times the powers of ten from `low` to `high` when there are few, else the
// powers alone; as latencies in nanoseconds.
std::vector<Tick> latency_ticks(double low, double high);

}  // namespace tidemark
