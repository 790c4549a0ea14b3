#include "tools/leakwatch/watch/soak_clock.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>

namespace tidemark::leakwatch {
namespace {

// Less than that is NTP at work, or the time between two readings of clocks.
constexpr std::int64_t kSmallestJumpMs = 1000;
constexpr std::int64_t kShortestSuspendMs = 500;

std::int64_t milliseconds_of(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return time.tv_sec * 1000 + time.tv_nsec / 1'000'000;
}

}  // namespace

ClockReading read_clocks() {
  return {.real_ms = milliseconds_of(CLOCK_REALTIME),
          .boot_ms = milliseconds_of(CLOCK_BOOTTIME),
          .mono_ms = milliseconds_of(CLOCK_MONOTONIC)};
}

SoakClock::SoakClock(const ClockReading& start, std::int64_t not_before_ms)
    : offset_ms_(std::max(start.real_ms, not_before_ms + 1) - start.boot_ms),
      started_ms_(start.boot_ms + offset_ms_),
      last_ms_(started_ms_ - 1),
      before_(start) {}

SoakClock::Tick SoakClock::tick(const ClockReading& now) {
  Tick tick;
  last_ms_ = std::max(now.boot_ms + offset_ms_, last_ms_ + 1);
  tick.at_ms = last_ms_;
  const std::int64_t passed = now.boot_ms - before_.boot_ms;
  const std::int64_t slept = passed - (now.mono_ms - before_.mono_ms);
  if (slept >= kShortestSuspendMs) tick.suspended_ms = slept;
  const std::int64_t set = now.real_ms - before_.real_ms - passed;
  if (std::abs(set) >= kSmallestJumpMs) tick.set_ms = set;
  before_ = now;
  return tick;
}

}  // namespace tidemark::leakwatch
