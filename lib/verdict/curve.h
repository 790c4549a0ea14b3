#pragma once

#include <cstddef>
#include <vector>

#include "lib/verdict/floor_series.h"

namespace tidemark::verdict {

// What growth goes with.
enum class Clock { kTime, kRequests };

// One cause that moves memory, with one number for how much of it there is.
enum class Cause {
  kLevel,    // what a life of the process started with
  kLoad,     // working set: in step with the request rate
  kDay,      // in step with the time of day: `scale_h` is the period
  kDayLate,  // the same, a quarter of the period later
  kGrowth,   // steady, on the clock
  kKink,     // steady from `at_h` on
  kSpeedUp,  // faster and faster, with the square of the age
  kJump,     // once, at `at_h`
  kWarmUp,   // 1 - exp(-age / scale_h): fills up and ends
  kFilling,  // log(1 + age / scale_h): slower and slower, without an end
  kFilled,   // the same until `until_h`, and then full
};

struct Term {
  Cause cause = Cause::kLevel;
  double at_h = 0;     // when it starts; an age counts from then, or from the life's start
  double scale_h = 0;  // time constant or period
  double until_h = 0;
  std::size_t life = 0;
};

// The points of a run, and what each cause would look like at them.
class Curve {
 public:
  Curve(std::vector<FloorPoint> points, const Blocks& blocks, Clock clock);

  const std::vector<FloorPoint>& points() const { return points_; }
  std::vector<double> values() const;
  std::vector<double> column(const Term& term) const;

  // By how much one unit of the cause will grow in the 24 hours after the end, the
  // load being as it was; without jumps and restarts.
  double next_day(const Term& term) const;

  double end_h() const { return end_h_; }
  std::size_t lives() const { return life_starts_.size(); }
  bool counts_requests() const { return counts_requests_; }
  Clock clock() const { return clock_; }
  // Whether the clock of requests tells anything that time does not.
  bool load_varies() const;
  double mean_load() const { return mean_load_; }
  double requests_per_hour() const { return requests_per_hour_; }
  // Where in points() the first one at or after `at_h` is.
  std::size_t index_of(double at_h) const;
  double start_of_life_h(std::size_t life) const { return life_starts_[life]; }

 private:
  double ticks(std::size_t i) const;
  std::vector<double> steady_column(const Term& term) const;
  double value(const Term& term, const FloorPoint& point) const;
  double age(const Term& term, double at_h, std::size_t life) const;

  std::vector<FloorPoint> points_;
  std::vector<double> life_starts_;
  Clock clock_;
  bool counts_requests_ = false;
  double requests_per_hour_ = 0;
  double mean_load_ = 1;
  double end_h_ = 0;
};

}  // namespace tidemark::verdict
