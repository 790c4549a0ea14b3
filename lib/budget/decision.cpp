#include "lib/budget/decision.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <utility>

#include "lib/base/distributions.h"
#include "lib/budget/decision_words.h"
#include "lib/budget/estimate.h"

// How a rule is decided.
//
// A rule passes when the limit lies outside the interval of the number on its good side, fails
// when it lies outside on the bad side, and is inconclusive between. With a confidence of 95 % a
// number that sits on the limit exactly passes in 2.5 % of all nights and fails in 2.5 %; one
// beyond it passes more rarely still. Equality is decided only of what has no uncertainty.
//
// Exact counts (leaks of a program that ended): a repetition under equal conditions gives the
// same, so there is no error. Where repetitions differ none the less, each must hold: the
// worst is what counts. Against a baseline of exact counts, the worst that it ever had.
//
// Numbers of n runs. Their mean has the error sqrt(v / n), where v is the variance of one run and
// comes with degrees of freedom f; the interval is Student's for f. What is v?
//
//   s2  what the runs differ by, f = n - 1. All that makes one run differ from another is in it.
//   w2  what each run shows by itself, from what it did over time, in the mean. The order of
//       addresses, the other tenants of the machine and the time of day are not in it, so it is
//       only a lower bound: whichever of the two makes the wider interval is taken.
//   k2  what former nights differed by (Spread), f = theirs; and the runs of the baseline, when
//       there are 3 of them and fewer than 3 here, or the other way round. With 2 degrees of
//       freedom or more it is pooled with s2, weighted by freedom, unless s2 is larger than chance
//       explains (Fisher, 5 %): then tonight is not like the others, and the runs stand for
//       themselves.
//   a2  without former nights, one or two runs are taken to differ as such numbers at worst
//       commonly do: memory 2 %, rates and counts 5 %, latencies 15 %, growth 25 %, shares of
//       requests a quarter of themselves, other shares a tenth of sqrt(p (1 - p)). It is known as
//       if from 3 degrees of freedom, so the interval of one run is 3.2 of these wide (6 % of
//       memory, 48 % of a latency), besides w2; two runs that differ by more than it stand
//       for themselves, which with one degree of freedom decides little. Three runs and more
//       need no assumption, and have none.
//
// `error` of a measure is w; where it has an interval that is not symmetric, the side towards the
// limit is.
//
// Shares of trials (errors of requests) are summed over the runs, and s2 is weighted by their
// trials. Their interval is Clopper and Pearson's, which is never too narrow, down to nothing
// having failed, where Wilson's is: a false pass costs more than a wide interval. Requests of
// one run fail together, so it is computed for the trials that would, if they were independent,
// be as uncertain as s2, or the run's own `error`, says, fewer by the square of normal over
// Student's quantile (Korn and Graubard 1998). A limit of none (errors == 0, connected >= 100%)
// cannot be shown of a probability; it is held against what happened.
//
// A run that ended before what it waited for had come (Measure::at_least) shows that it takes
// longer, and not how long: no mean is made of it. Where one took longer than an upper limit, the
// rule fails; else such runs leave it inconclusive.
//
// A relative rule is decided on value - factor * baseline - addend. Of a growth below zero, a share
// more is of its size: 20 % more than -10 MB is -8 MB. The variances add, with
// Welch and Satterthwaite's freedom, but no more than there are in all: what both sides borrow
// from the same former nights counts once.
//
// More runs that would probably decide: the fewest for which the distance, if it stays, is more
// than the quantile for that many runs and 0.84 besides, so that it comes out in 4 of 5 nights.

namespace tidemark::budget {
namespace {

constexpr std::array<std::string_view, 5> kAnswers = {"pass", "fail", "inconclusive",
                                                      "not measured", "not applicable"};
constexpr int kMostMoreRuns = 100;
constexpr double kForFourOfFive = 0.8416;  // quantile of the normal distribution

// The evidence, as far as it can be used.
struct Case {
  const Rule& rule;
  std::vector<Measure> runs;
  std::vector<Measure> baseline;
  std::optional<Known> history;
  double tail = 0.025;
  int unusable = 0;
};

std::optional<Known> history_of(const std::optional<Spread>& spread) {
  const bool known = spread && spread->relative >= 0 && spread->relative < 1e6 &&
                     spread->freedom > 0 && spread->freedom < 1e9;
  if (!known) return std::nullopt;
  return Known{.relative = spread->relative,
               .freedom = spread->freedom,
               .words = "with the spread of " + spread->source};
}

// The answer when there is nothing to decide on; nothing when there is.
std::optional<Decision> without_numbers(const Case& one, const Evidence& evidence) {
  const std::string name = one.rule.subject.name();
  const auto says = [](Answer answer, std::string why) {
    return Decision{.answer = answer, .why = std::move(why)};
  };
  if (one.runs.empty()) {
    const auto excused = std::ranges::find_if(
        evidence.runs, [](const Measure& run) { return !run.not_applicable.empty(); });
    if (excused != evidence.runs.end()) {
      return says(Answer::kNotApplicable, excused->not_applicable);
    }
    return says(Answer::kNotMeasured, evidence.runs.empty()
                                          ? fmt::format("no run measured {}", name)
                                          : fmt::format("no run gave a number for {}", name));
  }
  if (!one.rule.bound.relative) return std::nullopt;
  if (evidence.baseline.empty()) {
    return says(Answer::kNotApplicable, "there is no baseline to hold it against");
  }
  if (one.baseline.empty()) {
    return says(Answer::kInconclusive, fmt::format("the baseline has no number for {}", name));
  }
  return std::nullopt;
}

bool is_exact(const std::vector<Measure>& measures) {
  return std::ranges::all_of(measures, &Measure::exact);
}

// By what a baseline is multiplied.
double factor_for(const Bound& bound, double baseline) {
  return baseline < 0 ? 2 - bound.factor : bound.factor;
}

double limit_for(const Bound& bound, double baseline) {
  return bound.relative ? factor_for(bound, baseline) * baseline + bound.value : bound.value;
}

// The runs that decide: of exact counts that differ the worst for the rule, whose limit is `limit`.
std::vector<Measure> worst_of(const std::vector<Measure>& measures, const Rule& rule,
                              double limit) {
  if (!is_exact(measures) || measures.empty()) return measures;
  const auto [least, most] = std::ranges::minmax_element(measures, {}, &Measure::value);
  bool take_most = rule.upper();
  if (rule.compare == Compare::kEqual) {
    take_most = std::abs(most->value - limit) >= std::abs(least->value - limit);
  }
  std::vector<Measure> all = measures;
  std::ranges::fill(all, take_most ? *most : *least);
  return all;
}

// Growth may be below zero; of the rest there is none at least.
bool is_never_negative(Unit unit) {
  return unit != Unit::kBytesPerDay && unit != Unit::kBytesPerMillion;
}

// Whether the rule allows none, or wants all, of the trials of a share.
bool is_of_what_happened(const Rule& rule, const Estimate& runs) {
  if (runs.trials <= 0 || rule.bound.relative) return false;
  const bool none = rule.bound.value == 0 && !(rule.compare == Compare::kMore);
  const bool all = rule.bound.value == 1 && !(rule.compare == Compare::kLess);
  return none || all || rule.compare == Compare::kEqual;
}

struct Difference {
  double error = 0;
  double freedom = INFINITY;
};

// Of runs and baseline, `towards` the limit.
Difference difference(const Uncertainty& runs, const Uncertainty& baseline, double factor,
                      double lent) {
  const double own = runs.standard * runs.standard;
  const double other = factor * factor * baseline.standard * baseline.standard;
  const double all = own + other;
  if (!(all > 0)) return {};
  const double parts = own * own / runs.freedom + other * other / baseline.freedom;
  const double welch = parts > 0 ? all * all / parts : INFINITY;
  const double shared = std::max(runs.borrowed, baseline.borrowed);
  const double there_are =
      runs.freedom - runs.borrowed + baseline.freedom - baseline.borrowed + shared - lent;
  return {.error = std::sqrt(all), .freedom = std::max(1.0, std::min(welch, there_are))};
}

class Judge {
 public:
  explicit Judge(const Case& one) : case_(one), rule_(one.rule) {
    const std::vector<Measure> baseline = worst_of(case_.baseline, rule_, rule_.bound.value);
    const double former = baseline.empty() ? 0 : baseline.front().value;
    const std::vector<Measure> runs = worst_of(case_.runs, rule_, limit_for(rule_.bound, former));
    runs_ = estimate(runs, known_for(runs, baseline), case_.tail);
    lent_ = runs.size() < 3 && baseline.size() >= 3 && runs_.above.borrowed > 0
                ? static_cast<double>(baseline.size() - 1)
                : 0;
    if (rule_.bound.relative) {
      baseline_ = estimate(baseline, known_for(baseline, runs), case_.tail);
      if (baseline.size() < 3 && runs.size() >= 3 && baseline_->above.borrowed > 0) {
        lent_ = static_cast<double>(runs.size() - 1);
      }
      factor_ = factor_for(rule_.bound, baseline_->value);
    }
  }

  Decision decide() {
    Decision decision{.value = runs_.value, .runs = runs_.runs};
    decision.limit = limit_for(rule_.bound, baseline_ ? baseline_->value : 0);
    set_interval(decision);
    const double distance = decision.value - decision.limit;
    const bool above = distance > 0;
    facing_ = above ? runs_.below : runs_.above;
    const Uncertainty none{.freedom = INFINITY};
    opposite_ = !baseline_ ? none : above ? baseline_->above : baseline_->below;
    const Difference error = difference(facing_, opposite_, factor_, lent_);
    decision.standard_error = is_of_what_happened(rule_, runs_) ? 0 : error.error;
    if (decision.standard_error > 0) {
      decide_with_error(distance, error, decision);
    } else {
      decision.answer =
          holds(decision.value, rule_.compare, decision.limit) ? Answer::kPass : Answer::kFail;
    }
    decision.why = words(decision);
    return decision;
  }

 private:
  // What is known for `own` besides itself.
  std::optional<Known> known_for(const std::vector<Measure>& own,
                                 const std::vector<Measure>& other) const {
    if (own.size() >= 3 || other.empty()) return case_.history;
    std::optional<Known> lent = spread_of(other);
    if (lent) {
      lent->words = fmt::format("with the spread of the {} it is compared with",
                                fmt::format("{} runs", other.size()));
    }
    return pooled(case_.history, lent);
  }

  void set_interval(Decision& decision) const {
    const auto reach = [&](const Uncertainty& error) {
      return error.standard > 0 ? error.standard * student_quantile(case_.tail, error.freedom) : 0;
    };
    decision.low = decision.value - reach(runs_.below);
    if (is_never_negative(rule_.unit)) decision.low = std::max(decision.low, 0.0);
    decision.high = decision.value + reach(runs_.above);
  }

  void decide_with_error(double distance, const Difference& error, Decision& decision) const {
    const double errors = std::abs(distance) / error.error;
    const bool beyond = student_above(errors, error.freedom) < case_.tail;
    if (rule_.compare == Compare::kEqual) {
      decision.margin = -errors;
      decision.answer = beyond ? Answer::kFail : Answer::kInconclusive;
    } else {
      const bool good = rule_.upper() == (distance < 0);
      decision.margin = good ? errors : -errors;
      decision.answer = !beyond ? Answer::kInconclusive : good ? Answer::kPass : Answer::kFail;
    }
    if (!beyond) decision.more_runs = more_runs(std::abs(distance));
  }

  std::optional<int> more_runs(double distance) const {
    if (distance <= 0) return std::nullopt;
    const double own = facing_.freedom - facing_.borrowed;
    for (int more = 1; more <= kMostMoreRuns; ++more) {
      const double runs = runs_.runs + more;
      Uncertainty then = facing_;
      then.standard = std::sqrt(facing_.one_run / runs);
      // Three runs stand for themselves, unless former nights speak for them.
      const bool alone = !case_.history && runs >= 3;
      then.freedom = std::isinf(own) && runs_.trials <= 0 ? INFINITY
                     : alone                              ? runs - 1
                                                          : runs - 1 + facing_.borrowed;
      then.borrowed = alone ? 0 : facing_.borrowed;
      then.freedom = std::max(then.freedom, 1.0);
      const Difference error = difference(then, opposite_, factor_, lent_);
      const double errors = distance / error.error - kForFourOfFive;
      if (errors > 0 && student_above(errors, error.freedom) < case_.tail) return more;
    }
    return std::nullopt;
  }

  std::string words(const Decision& decision) const {
    Reasons reasons{.rule = rule_,
                    .decision = decision,
                    .runs = runs_,
                    .baseline = baseline_ ? &*baseline_ : nullptr,
                    .unusable = case_.unusable};
    const auto [least, most] = std::ranges::minmax_element(case_.runs, {}, &Measure::value);
    reasons.differed = runs_.exact && least->value != most->value;
    if (runs_.trials > 0) {
      reasons.happened =
          fmt::format("{} of {}", text_of(std::round(runs_.value * runs_.trials), Unit::kCount, 15),
                      text_of(std::round(runs_.trials), Unit::kCount, 15));
    }
    return decision_words(reasons);
  }

  const Case& case_;
  const Rule& rule_;
  Estimate runs_;
  std::optional<Estimate> baseline_;
  double factor_ = 1;     // of the baseline
  double lent_ = 0;       // degrees of freedom that the one side has from the other
  Uncertainty facing_;    // of the runs, towards the limit
  Uncertainty opposite_;  // of the baseline, towards the runs
};

double limit_of(const Case& one) {
  double former = 0;
  for (const Measure& run : one.baseline) {
    former += run.value / static_cast<double>(one.baseline.size());
  }
  return limit_for(one.rule.bound, former);
}

// Fewer runs than stand for themselves, whose growth has no error: that it is near 0 does not say
// how sure it is.
std::optional<Decision> blind_growth(const Case& one) {
  constexpr std::size_t kEnough = 3;
  const auto is_blind = [](const Measure& run) {
    return !run.exact && run.error < 0 && run.low == run.high;
  };
  if (is_never_negative(one.rule.unit) || one.history || one.runs.size() >= kEnough ||
      !std::ranges::all_of(one.runs, is_blind)) {
    return std::nullopt;
  }
  const auto [least, most] = std::ranges::minmax_element(one.runs, {}, &Measure::value);
  const auto runs = static_cast<int>(one.runs.size());
  const int more = static_cast<int>(kEnough) - runs;
  Decision decision{.answer = Answer::kInconclusive,
                    .value = std::midpoint(least->value, most->value),
                    .low = least->value,
                    .high = most->value,
                    .limit = limit_of(one),
                    .runs = runs,
                    .more_runs = more};
  decision.why = fmt::format("{} {} ({}) does not say how sure it is; {} more {} would",
                             one.rule.subject.name(), text_of(decision.value, one.rule.unit),
                             runs_text(runs), more, more == 1 ? "run" : "runs");
  return decision;
}

// What had not come by the end of some run.
std::optional<Decision> without_end(const Case& one) {
  const auto open = std::ranges::count(one.runs, true, &Measure::at_least);
  if (open == 0) return std::nullopt;
  const Measure& longest = *std::ranges::max_element(
      one.runs, {}, [](const Measure& run) { return std::pair(run.at_least, run.value); });
  Decision decision{.answer = Answer::kInconclusive,
                    .value = longest.value,
                    .low = longest.value,
                    .high = INFINITY,
                    .limit = limit_of(one),
                    .runs = static_cast<int>(one.runs.size())};
  const bool beyond = one.rule.upper() && !holds(longest.value, one.rule.compare, decision.limit);
  if (beyond) decision.answer = Answer::kFail;
  decision.why =
      fmt::format("{} had not come to its end after {} ({} of {}), and the limit is {}{}",
                  one.rule.subject.name(), text_of(longest.value, one.rule.unit), open,
                  runs_text(decision.runs), text_of(decision.limit, one.rule.unit),
                  beyond ? "" : ": the run ended too early to tell");
  return decision;
}

}  // namespace

std::string_view name_of(Answer answer) { return kAnswers.at(static_cast<std::size_t>(answer)); }

Decision decide(const Rule& rule, const Evidence& evidence) {
  const double confidence = std::clamp(evidence.confidence, 0.5, 0.999'999);
  Case one{.rule = rule,
           .runs = usable(evidence.runs),
           .baseline = usable(evidence.baseline),
           .history = history_of(evidence.spread),
           .tail = (1 - confidence) / 2};
  std::erase_if(one.baseline, [](const Measure& run) { return run.at_least; });
  one.unusable = static_cast<int>(evidence.runs.size() - one.runs.size());
  if (auto decision = without_numbers(one, evidence)) return *decision;
  if (auto decision = without_end(one)) return *decision;
  if (auto decision = blind_growth(one)) return *decision;
  return Judge(one).decide();
}

}  // namespace tidemark::budget
