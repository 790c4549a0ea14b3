#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <vector>

#include "lib/load/scenario.h"
#include "lib/load/template.h"
#include "tools/pressure/engine/loop.h"

namespace tidemark::pressure {

// When each request of an open load is due, one after the other; times are nanoseconds
// since the load began.
//
// The rate is a line between the stages' rates over their ramps, and level while they hold.
// Its integral, the number that is due until then, is turned around: the n-th request of a
// constant load is due when it passes n - 1/2, that of a Poisson load when it passes the sum of n
// exponential gaps with mean 1 (time change of a unit process: Cinlar, "Introduction to
// Stochastic Processes", 1975, 4.7). So a ramp is exact, however short.
//
// Nothing is stored but the next time: who comes late finds it where it was.
class Schedule {
 public:
  static constexpr Time kNever = std::numeric_limits<Time>::max();

  // Rates are divided by `scale`. Closed stages have no times.
  Schedule(const load::LoadPlan& load, double scale, std::uint64_t seed);

  Time next() const { return next_; }  // kNever: there is none any more
  void advance();

  // The rate that is asked for then, a second.
  double rate_at(Time time) const;

  // How many clients a closed load has then.
  int clients_at(Time time) const;

  // When each stage begins, and when the last one ends.
  const std::vector<Time>& starts() const { return starts_; }
  Time length() const { return length_; }

 private:
  // A stretch in which the level, a rate or a number of clients, goes along a line.
  struct Stretch {
    Time start = 0;
    Time length = 0;
    double from = 0;
    double to = 0;
    double due_before = 0;  // requests until its start
    double due() const;
  };
  void add(double from, double to, load::Duration length);
  const Stretch* stretch_at(Time time) const;
  double level_at(Time time) const;

  load::Arrivals arrivals_;
  load::Random random_;
  std::vector<Stretch> stretches_;
  std::vector<Time> starts_;
  Time length_ = 0;
  std::size_t stretch_ = 0;  // of the next request
  double due_ = 0;           // the integral at the next request
  Time next_ = kNever;
};

}  // namespace tidemark::pressure
