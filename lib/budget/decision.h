#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/budget/measure.h"
#include "lib/budget/rule.h"

namespace tidemark::budget {

enum class Answer : std::uint8_t {
  kPass,           // it holds, beyond what chance explains
  kFail,           // it does not, beyond what chance explains
  kInconclusive,   // the uncertainty spans the limit
  kNotMeasured,    // no run gave the number: what should have measured it did not
  kNotApplicable,  // it must not be judged here: latency under memcheck, no baseline was given
};
std::string_view name_of(Answer answer);

// How much the same measure differs from one run to the next, known from elsewhere than the
// runs at hand: former nights.
struct Spread {
  double relative = 0;  // standard deviation by the mean
  double freedom = 0;
  std::string source;  // "12 runs of the last 30 nights"
};

// All that a rule is decided on.
struct Evidence {
  std::vector<Measure> runs;      // one a repetition
  std::vector<Measure> baseline;  // the same of the baseline; empty: there is none
  std::optional<Spread> spread;
  double confidence = 0.95;
};

struct Decision {
  Answer answer = Answer::kNotMeasured;
  double value = 0;  // the mean of the runs, or for shares all of them together
  double low = 0;    // its interval at the asked confidence, between runs included
  double high = 0;   // infinite: it had not come to its end
  double limit = 0;  // what it was held against; of a relative rule with the baseline's numbers
  // How many standard errors the value is on the good side; negative: the bad; 0 where there is
  // no standard error.
  double margin = 0;
  double standard_error = 0;  // of the value (and of the baseline), towards the limit; 0: exact
  int runs = 0;
  std::optional<int> more_runs;  // how many more would probably decide; nothing: decided already,
                                 // or not within 100
  std::string why;               // one sentence for people, with the numbers
};

// Decides `rule`. The sources of uncertainty, and how repetitions combine, stand at the top of
// decision.cpp; in short: exact counts are what they are, shares are binomial and summed, all
// else has a Student interval whose variance is the larger of what the runs differ by and
// what each shows by itself, with the spread of former nights where there are some. One run of a
// noisy number, with no idea of its spread, decides only what is clear by far.
//
// A relative rule without a baseline is not applicable; with one that lacks the metric (measures
// that are no numbers, or not applicable) it is inconclusive.
Decision decide(const Rule& rule, const Evidence& evidence);

}  // namespace tidemark::budget
