#include "lib/budget/decision_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tidemark::budget {
namespace {

std::string subject_text(const Subject& subject) {
  return subject.stage.empty() ? subject.name()
                               : fmt::format("{}@{}", subject.name(), subject.stage);
}

// As many digits as it takes to tell `a` from `b`.
int digits_for(double a, double b, Unit unit, int digits = 4) {
  constexpr int kMost = 10;
  while (digits < kMost && a != b && text_of(a, unit, digits) == text_of(b, unit, digits)) ++digits;
  return digits;
}

// "3 runs", "76 of 18,204 in 3 runs, taking runs to differ by 25 %".
std::string basis_text(const Reasons& reasons) {
  std::string text = runs_text(reasons.runs.runs);
  if (reasons.differed) text = "the worst of " + text;
  if (!reasons.happened.empty()) text = fmt::format("{} in {}", reasons.happened, text);
  if (!reasons.runs.assumption.empty()) text += ", " + reasons.runs.assumption;
  if (reasons.unusable > 0) text += fmt::format("; {} more gave no number", reasons.unusable);
  return text;
}

bool is_even(const Decision& decision) {
  const double below = decision.value - decision.low;
  const double above = decision.high - decision.value;
  return std::abs(above - below) <= 0.1 * std::max(below, above);
}

// " ± 9 ms"; empty where the sides differ.
std::string reach_text(const Decision& decision, Unit unit) {
  constexpr int kDigits = 2;
  const double reach = std::max(decision.value - decision.low, decision.high - decision.value);
  return reach > 0 && is_even(decision) ? fmt::format(" ± {}", text_of(reach, unit, kDigits)) : "";
}

// "; 120 ms to 410 ms", where they do.
std::string range_text(const Decision& decision, Unit unit) {
  if (is_even(decision)) return "";
  constexpr int kDigits = 3;
  const int digits = std::max(digits_for(decision.low, decision.value, unit, kDigits),
                              digits_for(decision.high, decision.value, unit, kDigits));
  return fmt::format("; {} to {}", text_of(decision.low, unit, digits),
                     text_of(decision.high, unit, digits));
}

// Of what is below zero, a share more is of its size.
std::string factor_text(const Bound& bound, double baseline) {
  if (baseline >= 0) return fmt::format(" times {:g}", bound.factor);
  return fmt::format(" {} {:g} % of its size", bound.factor < 1 ? "-" : "+",
                     100 * std::abs(bound.factor - 1));
}

std::string limit_text(const Reasons& reasons, int digits) {
  const Bound& bound = reasons.rule.bound;
  const Unit unit = reasons.rule.unit;
  std::string text = fmt::format("the limit of {}", text_of(reasons.decision.limit, unit, digits));
  if (reasons.baseline == nullptr) return text;
  text += fmt::format(" (the baseline's {}", text_of(reasons.baseline->value, unit, digits));
  if (bound.factor != 1) text += factor_text(bound, reasons.baseline->value);
  if (bound.value != 0) {
    // Of shares, points are added.
    const std::string amount = unit == Unit::kShare
                                   ? fmt::format("{:g} points", 100 * std::abs(bound.value))
                                   : text_of(std::abs(bound.value), unit);
    text += fmt::format(" {} {}", bound.value < 0 ? "-" : "+", amount);
  }
  return text + fmt::format(", {})", runs_text(reasons.baseline->runs));
}

std::string distance_text(const Decision& decision) {
  return fmt::format("by {:.1f} standard errors", std::abs(decision.margin));
}

std::string undecided_text(const Reasons& reasons) {
  const Decision& decision = reasons.decision;
  if (decision.more_runs) {
    return fmt::format("too close to call; about {} more {} would decide", *decision.more_runs,
                       *decision.more_runs == 1 ? "run" : "runs");
  }
  const Bound& bound = reasons.rule.bound;
  if (bound.relative && bound.factor == 1 && bound.value == 0) {
    return "too close to call, as it stays while nothing changes: a limit that is the baseline "
           "needs a margin";
  }
  return "too close to call, and more runs would hardly decide";
}

}  // namespace

std::string runs_text(int runs) { return fmt::format("{} {}", runs, runs == 1 ? "run" : "runs"); }

std::string decision_words(const Reasons& reasons) {
  const Decision& decision = reasons.decision;
  const Unit unit = reasons.rule.unit;
  const int digits = digits_for(decision.value, decision.limit, unit);
  std::string text = fmt::format("{} {}{} ({}{}) is ", subject_text(reasons.rule.subject),
                                 text_of(decision.value, unit, digits), reach_text(decision, unit),
                                 basis_text(reasons), range_text(decision, unit));
  const bool decided = decision.answer != Answer::kInconclusive;
  if (decision.value == decision.limit) {
    text += "exactly " + limit_text(reasons, digits);
    if (decision.answer == Answer::kFail) text += ", which it must not reach";
  } else {
    text += fmt::format("{} {}", decision.value < decision.limit ? "below" : "above",
                        limit_text(reasons, digits));
    if (decision.margin != 0) {
      text += fmt::format("{}{}", decided ? " " : " by only ",
                          decided ? distance_text(decision) : distance_text(decision).substr(3));
    }
  }
  return decided ? text : fmt::format("{}: {}", text, undecided_text(reasons));
}

}  // namespace tidemark::budget
