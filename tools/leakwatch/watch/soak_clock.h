#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tidemark::leakwatch {

// The kernel's clocks at one moment, in milliseconds.
struct ClockReading {
  std::int64_t real_ms = 0;  // the system's, which anyone may set
  std::int64_t boot_ms = 0;  // since boot, suspended time included
  std::int64_t mono_ms = 0;  // without it
};
ClockReading read_clocks();

// The time of a soak: it starts with the system's clock and then goes on by itself,
// through suspends, whatever the system's clock is set to.
class SoakClock {
 public:
  // `not_before_ms`: the last row of a soak that goes on; 0: none.
  SoakClock(const ClockReading& start, std::int64_t not_before_ms);

  // What happened since the reading before, and the time now.
  struct Tick {
    std::int64_t at_ms = 0;         // later than at every tick before
    std::int64_t suspended_ms = 0;  // the machine slept for so long; 0: it did not
    std::int64_t set_ms = 0;        // the system's clock was set forwards by so much
  };
  Tick tick(const ClockReading& now);

  std::int64_t started_ms() const { return started_ms_; }

 private:
  std::int64_t offset_ms_;  // the soak's time less boot_ms
  std::int64_t started_ms_;
  std::int64_t last_ms_;
  ClockReading before_;
};

}  // namespace tidemark::leakwatch
