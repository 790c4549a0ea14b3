#pragma once

#include "lib/verdict/evidence.h"

namespace tidemark::verdict {

enum class Answer {
  kLeak,
  kBounded,  // it grew, and stopped
  kNoLeak,
  kNotEnough,  // not enough data to decide
};

// Why an answer is what it is.
enum class Reason {
  kTooEarly,        // hardly any samples yet
  kSteady,          // leak: grows steadily
  kLumps,           // leak: grows in lumps that keep coming
  kEndless,         // leak: slows down, but for so long that a cache would be full
  kFlat,            // no leak: growth is below the gate for certain
  kStopped,         // bounded
  kMayFillUp,       // not enough: looks like a leak and like something that fills up
  kUncertain,       // not enough: the growth is not known well enough
  kSmallButSteady,  // not enough: below the gate, but it does not stop
  kLessLoad,        // not enough: it stopped growing when the load fell
};

struct Decision {
  Answer answer = Answer::kNotEnough;
  Reason reason = Reason::kTooEarly;
  double confidence = 0.5;  // P(growth in 24 hours > gate)
  double more_h = 0;        // when not enough: how much longer would probably do
};

// A look while the run goes on may end it, so it has to be surer than the look at
// the end: of false alarms, one in a hundred runs at most is to be had, half by the
// last look and half by all before. (Looks at the same growth agree: their error
// probabilities need not be divided by their number.)
enum class Look { kInterim, kLast };

// `alarmed`: an earlier look said leak.
Decision decide(const Evidence& evidence, double gate_mb, Look look, bool alarmed);

}  // namespace tidemark::verdict
