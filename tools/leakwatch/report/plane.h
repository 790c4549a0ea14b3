#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "lib/soak/envelope.h"
#include "lib/verdict/leak_judge.h"

namespace tidemark::leakwatch {

using Slots = std::vector<soak::Envelope::Slot>;

// "02:13", at midnight "11-21"; with seconds when `step_ms` is short.
std::string time_text(std::int64_t at_ms, std::int64_t step_ms);

struct Box {
  double left = 0;
  double right = 0;
  double top = 0;
  double bottom = 0;
};

// A coordinate system in an SVG, of times (milliseconds since the epoch) and values; each
// function draws something in it. Names of kinds are classes of web/report/night.css.
class Plane {
 public:
  struct Range {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();
    void add(double value);
    void widen();  // to something that is not empty
  };

  Plane(const Box& box, Range time, Range values);

  // Lines and labels of the values; `unit` is that of a Series.
  std::string grid(const std::string& unit, int about) const;
  std::string times(int about) const;

  // From the lowest to the highest value of each moment, and a line through the middle.
  enum class Spread : std::uint8_t { kShown, kHidden };
  std::string line(const std::vector<Slots>& parts, std::string_view kind, Spread spread) const;
  std::string area(const std::vector<Slots>& parts, std::string_view kind) const;

  // A line at a time, with a label and what a pointer says of it.
  struct Upright {
    double at_ms = 0;
    std::string_view kind;
    std::string label;
    std::string title;
  };
  std::string upright(const Upright& mark) const;
  std::string level(double value, std::string_view kind, std::string_view label) const;

  // Growth with its bounds, from a moment and a value on.
  struct Fan {
    double from_ms = 0;
    double to_ms = 0;
    double value = 0;
    verdict::Estimate per_ms;
  };
  std::string fan(const Fan& fan) const;

  // What lies between the parts.
  std::string gaps(const std::vector<Slots>& parts) const;

  // Points for a pointer, with their values in bytes.
  std::string dots(const Slots& slots, std::string_view kind, std::string_view name) const;

 private:
  double x(double at_ms) const;
  double y(double value) const;

  Box box_;
  Range time_;
  Range values_;
};

}  // namespace tidemark::leakwatch
