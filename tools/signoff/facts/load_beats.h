#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lib/load/result.h"

namespace tidemark::signoff {

// What answers did in a short time.
struct Beat {
  double ms = 0;             // how long it was; 0: nothing is known of that time
  double count = 0;          // answers
  double sum = 0;            // of their times, in ns
  std::vector<double> over;  // how many took longer than each of the asked thresholds
};

// A stretch of time in which nothing is meant to change, in equal parts.
struct Stretch {
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
  std::vector<Beat> beats;
};

inline constexpr std::size_t kSections = 16;

// Answers of which it is asked when they came.
struct Asked {
  std::vector<std::string> tags;         // of load.hlog
  std::vector<std::int64_t> thresholds;  // ns
  std::vector<Stretch> stretches;        // with their ends, in the order of time
  // The first, second, ... sixteenth of each stretch together; empty: it would take too much
  // memory, or nothing was read.
  std::vector<load::Histogram> sections;
};

// How much less sure a number is than it would be if each answer were on its own.
struct Spoilt {
  double design = 1;   // the variance is so many times that of independent answers
  double freedom = 0;  // degrees of freedom that it is known with
};

// Sorts what load.hlog holds into the beats of `asked`. What is said of a file that is damaged:
// what came before the damage counts; empty: nothing.
std::string read_beats(const std::filesystem::path& log, std::vector<Asked>& asked);

// How sure a percentile is: its logarithm has a standard error.
struct LogError {
  double error = 0;
  double freedom = 0;
};

// From how the percentile differs from section to section, as many of them as have enough answers
// beyond it. Nothing when even four have not.
std::optional<LogError> log_error(const Asked& asked, double percent, double pooled);

// A number that each answer has, or each of those that are more than a threshold.
struct Trait {
  enum class Kind : std::uint8_t { kRate, kMean, kOver } kind = Kind::kRate;
  std::size_t threshold = 0;  // of kOver
  double expected = 0;        // its mean over all answers
  double variance = 1;        // of one answer
};

// From how the sums over the beats differ; each stretch has a level of its own. Nothing when
// there are too few beats with answers to tell.
std::optional<Spoilt> spoilt(const Asked& asked, const Trait& trait);

// Sums over moments, less what is expected of each moment, by stretch: the same for any numbers.
// `variance` is that of one of the `count` that they are made of.
std::optional<Spoilt> spoilt(const std::vector<std::vector<double>>& excesses, double count,
                             double variance);

}  // namespace tidemark::signoff
