#pragma once

#include <cstdint>

#include "lib/load/scenario.h"
#include "lib/load/template.h"
#include "tools/pressure/engine/loop.h"

namespace tidemark::pressure {

// How long a client waits before it connects again: exponential backoff with full jitter,
// a random time up to low * 2^failures and never above high, so that clients that were
// thrown off together do not come back together.
// (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/)
class Backoff {
 public:
  explicit Backoff(const load::Span& span = {});  // without one: 100 ms to 30 s

  // After a connection that stood for `stood` (0: there was none). One that stood as long
  // as the longest wait, or 10 s, makes the next wait short again. `at_least` is the least
  // bound that a server asked for, within high.
  Time next(Time stood, load::Random& random, Time at_least = 0);

 private:
  Time low_;
  Time high_;
  int failures_ = 0;
};

// What share of the time so many clients were connected, together.
class Attendance {
 public:
  void begin(Time now, int clients);
  void come(Time now) { count(now, +1); }
  void go(Time now) { count(now, -1); }

  int there() const { return there_; }

  // From begin() to `now`; 0 when there was no time.
  double share(Time now) const;

 private:
  void count(Time now, int change);

  Time begun_ = 0;
  Time last_ = 0;
  double together_ = 0;  // ns, of all clients
  int clients_ = 0;
  int there_ = 0;
};

}  // namespace tidemark::pressure
