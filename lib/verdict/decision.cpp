#include "lib/verdict/decision.h"

#include <algorithm>
#include <cmath>

namespace tidemark::verdict {
namespace {

struct Limits {
  double no_growth;  // P(growth below half the gate)
  double not_straight;
  double lumps;  // how many it takes
  double rarer;  // the trend of lumps
};

constexpr Limits kInterim = {
    .no_growth = 0.001, .not_straight = 0.0003, .lumps = 6, .rarer = -0.45};
constexpr Limits kLast = {.no_growth = 0.005, .not_straight = 0.04, .lumps = 5, .rarer = -2};

constexpr std::size_t kFewestPoints = 20;
constexpr double kShortestStretchHours = 2;
constexpr double kCacheFullHours = 17.5;  // a cache that fills is full by then
constexpr double kSmall = 0.1;            // of the gate: growth worth a word
constexpr double kAsBusy = 0.85;
constexpr double kDayHours = 24;

// Falls count against growth: a slow sawtooth rises steadily, too.
bool falls_back(const Evidence& e) {
  return e.fallen_mb > 0.3 * e.expected * e.stretch_h / kDayHours;
}

// A fit may promise more than what was seen: steady growth has to have been there.
bool was_seen(const Evidence& e) {
  return e.risen_h <= 0 || e.risen_mb > 0.25 * e.expected * e.risen_h / kDayHours;
}

double no_growth(const Evidence& e, double gate) { return 1 - e.next_day.above(gate / 2); }

bool steady(const Evidence& e, double gate, const Limits& limits) {
  return e.stretch_h >= kShortestStretchHours && no_growth(e, gate) < limits.no_growth &&
         e.not_straight < limits.not_straight;
}

// Lumps that keep coming: enough of them, in the second half too, and not long ago.
bool lumpy(const Evidence& e, double gate, const Limits& limits) {
  const Lumps& l = e.lumps;
  if (l.count < limits.lumps || l.equal < 3 || l.hours < 4) return false;
  if (l.late_count < 0.3 * l.count || l.late_up_mb < 0.2 * l.up_mb) return false;
  if (l.trend < limits.rarer) return false;
  return no_growth(e, gate) < 4 * limits.no_growth;
}

// Slower and slower, but for longer than a cache would take, and still going on.
bool endless(const Evidence& e, double gate, const Limits& limits) {
  return e.age_h >= kCacheFullHours && no_growth(e, gate) < limits.no_growth &&
         e.saturating_part < 1.5 && e.recent.above(0.5 * e.expected) > 0.9;
}

Reason leak_seen(const Evidence& e, double gate, const Limits& limits) {
  if (e.expected < gate || e.points < kFewestPoints || falls_back(e) || !was_seen(e))
    return Reason::kUncertain;
  if (e.lumps.dominate()) {
    return lumpy(e, gate, limits) ? Reason::kLumps : Reason::kUncertain;
  }
  if (steady(e, gate, limits)) return Reason::kSteady;
  return endless(e, gate, limits) ? Reason::kEndless : Reason::kMayFillUp;
}

bool is_leak(Reason reason) {
  return reason == Reason::kSteady || reason == Reason::kLumps || reason == Reason::kEndless;
}

// Steady growth below the gate: all there is, or what a shrinking cache leaves of a
// leak?
bool small_but_steady(const Evidence& e, double gate) {
  return e.next_day.above(0.15 * gate) > 0.995;
}

// The error of a slope falls with the power 1.5 of the time.
double hours_until_known(const Evidence& e, double gate) {
  const double wide = e.next_day.quantile(0.975) - e.next_day.quantile(0.025);
  return std::max(e.run_h * (std::pow(std::max(wide / gate, 1.2), 2.0 / 3) - 1), 1.0);
}

double more_hours(const Evidence& e, double gate, Reason reason) {
  if (reason == Reason::kMayFillUp) return std::max(kCacheFullHours - e.age_h, 2.0);
  if (reason == Reason::kSmallButSteady || reason == Reason::kLessLoad) return kDayHours;
  return hours_until_known(e, gate);
}

double confidence_of(const Decision& out, const Evidence& e, double gate) {
  const double seen = e.next_day.above(gate);
  constexpr double kHidden = 0.5;
  const bool hidden = small_but_steady(e, gate) && e.not_straight < 0.01;
  const bool less_load = out.reason == Reason::kLessLoad;
  return hidden || less_load ? seen + (1 - seen) * kHidden : seen;
}

// What to say of memory that does not grow beyond the gate now.
Decision quiet(const Evidence& e, double gate, bool alarmed) {
  if (e.next_day.above(kSmall * gate) > 0.975) return {.reason = Reason::kSmallButSteady};
  if (e.next_day.above(gate / 2) > 0.05) return {.reason = Reason::kUncertain};
  const bool less_load = e.load_varies && e.busiest_since < kAsBusy * e.busiest;
  if (e.bounded_mb > gate && less_load) return {.reason = Reason::kLessLoad};
  // What grew a moment ago, or so much that it was called a leak, may go on.
  if (e.calm_h < (alarmed ? 0.3 * e.run_h : 1)) return {.reason = Reason::kUncertain};
  if (e.bounded_mb > gate) return {.answer = Answer::kBounded, .reason = Reason::kStopped};
  return {.answer = Answer::kNoLeak, .reason = Reason::kFlat};
}

Decision answer(const Evidence& e, double gate, Look look, bool alarmed) {
  const Reason leak = leak_seen(e, gate, look == Look::kLast ? kLast : kInterim);
  if (is_leak(leak)) return {.answer = Answer::kLeak, .reason = leak};
  // An alarm stands until growth ends, even when it changes its pace meanwhile.
  if (alarmed && e.expected > gate && no_growth(e, gate) < 0.05) {
    return {.answer = Answer::kLeak, .reason = Reason::kSteady};
  }
  if (e.next_day.above(gate) < 0.025) return quiet(e, gate, alarmed);
  const bool grows = e.expected > gate && no_growth(e, gate) < 0.01;
  return {.reason = grows ? leak : Reason::kUncertain};
}

}  // namespace

Decision decide(const Evidence& evidence, double gate_mb, Look look, bool alarmed) {
  Decision out = answer(evidence, gate_mb, look, alarmed);
  out.confidence = confidence_of(out, evidence, gate_mb);
  if (look == Look::kLast && out.answer == Answer::kNotEnough) {
    out.more_h = more_hours(evidence, gate_mb, out.reason);
  }
  return out;
}

}  // namespace tidemark::verdict
