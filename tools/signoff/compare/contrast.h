#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tidemark::signoff {

// One number of one run.
struct Reading {
  double value = 0;
  double error = -1;   // the standard error that the run itself shows; below 0: it does not tell
  double freedom = 0;  // its degrees of freedom; 0: so many that it is normal
  // What the spread from run to run is taken to be, of the value, where no side has repetitions:
  // two runs of one build are never equal, and by how much cannot be seen in one run of each.
  double run_to_run = 0.02;
};

// What the runs of one side say of a number, with its 95 % interval.
struct Level {
  int runs = 0;
  double mean = 0;
  double error = 0;    // standard error of the mean
  double freedom = 0;  // 0: normal
  double low = 0;
  double high = 0;
};

// What the uncertainty of a contrast was taken from.
enum class Basis : std::uint8_t {
  kBetweenRuns,  // both sides have repetitions
  kOneSide,      // one side has a single run, which is taken to vary as the others do
  kWithinRuns,   // a run a side: what each shows by itself, and run_to_run
  kExact,        // chance has no part in it
  kNone,         // a run a side, and neither tells how sure it is
};

// What two sides differ by.
struct Contrast {
  Level before;
  Level after;
  Basis basis = Basis::kNone;
  double run_to_run = 0;  // of a run a side: what was taken for granted, of the value
  double difference = 0;  // after - before, and its 95 % interval
  double low = 0;
  double high = 0;
  // The same as a share of the mean before; nothing where that is 0, or not known to be anything
  // else.
  std::optional<double> relative;
  std::optional<double> relative_low;
  std::optional<double> relative_high;
  std::optional<double> effect;  // Hedges' g; nothing where no side has repetitions that differ
  double p_value = 1;            // of there being no difference, two-sided
};

// Contrasts readings in which chance has a part, by Welch's test: the variance of each side is
// the larger of what its runs differ by and what they show by themselves. Where all runs of
// each side gave the very same number, it is known to 1, as counts are. REQUIRES: neither side is
// empty.
Contrast contrast(std::span<const Reading> before, std::span<const Reading> after);

// Of counts that are the same whenever the same is run: they differ, or they do not. Repetitions
// that differ nevertheless are contrasted as above.
Contrast exact_contrast(std::span<const Reading> before, std::span<const Reading> after);

// Of shares: happenings in so many trials a run. Their error is binomial, at least.
struct Happenings {
  double share = 0;
  double trials = 0;
};
Contrast share_contrast(std::span<const Happenings> before, std::span<const Happenings> after);

// "none to speak of", "small", "medium", "large", "very large": Cohen's words for Hedges' g.
std::string_view effect_words(double effect);

// "3 and 3 runs", "1 run each: ...": for people.
std::string basis_text(const Contrast& contrast);

// The t beyond which, on either side, 5 % lie; freedom 0 is the normal distribution.
double t_of_95(double freedom);

}  // namespace tidemark::signoff
