#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/budget/measure.h"

namespace tidemark::budget {

// How far the truth may be on one side of a number.
struct Uncertainty {
  double standard = 0;  // error of the number; 0: there is none
  double freedom = 0;   // of it; infinite: normal
  double borrowed = 0;  // how much of that is not from the number's own runs
  double one_run = 0;   // the variance of one run, to foresee what more of them would show
};

// How much one run differs from the next, known from elsewhere than the runs at hand.
struct Known {
  double relative = 0;  // standard deviation by the mean
  double freedom = 0;
  std::string words;  // "with the spread of 12 runs of the last 30 nights"
};

// What repetitions of one measure come to.
struct Estimate {
  double value = 0;
  Uncertainty below;  // how far down the truth may be
  Uncertainty above;
  int runs = 0;
  bool exact = false;
  double trials = 0;       // of a share
  std::string assumption;  // what was taken from elsewhere, for people; empty: nothing
};

// The runs that have a number that may be used.
std::vector<Measure> usable(const std::vector<Measure>& runs);

// What runs are taken to differ by where nothing is known: the standard deviation, as a number like
// the measure's own (docs/budgets.md has the table).
double assumed_spread(const Measure& like);

// What repetitions differ by, as something known for others; nothing of fewer than 3.
std::optional<Known> spread_of(const std::vector<Measure>& measures);

// Both, weighted by their freedom.
std::optional<Known> pooled(const std::optional<Known>& a, const std::optional<Known>& b);

// What `measures` of repetitions say together; `tail` is half of what the confidence leaves.
// REQUIRES: there is one, and all are usable().
Estimate estimate(const std::vector<Measure>& measures, const std::optional<Known>& known,
                  double tail);

}  // namespace tidemark::budget
