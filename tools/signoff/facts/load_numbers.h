#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/budget/measure.h"
#include "lib/load/result.h"
#include "tools/signoff/facts/load_beats.h"
#include "tools/signoff/facts/load_file.h"

namespace tidemark::signoff {

// The answers that one number is about: a label, or several, in a stage or in the whole run.
struct Answers {
  std::string label;
  std::string stage;
  std::vector<std::string> tags;
  load::Histogram response;
  std::int64_t done = 0;
  load::FailureCounts failures{};
  double seconds = 0;

  // Both throw Error when there are more than a file may say.
  std::int64_t failed() const;
  std::int64_t all() const;
  std::string name(std::string_view metric) const;  // "search.p95"
};

Answers answers_of(const load::LabelResult& label, const load::RunResult& run);

// "search" for itself; "feed" for "feed.connect" and "feed.delivery" together. Nothing when
// there is neither.
std::optional<Answers> answers_for(const load::RunResult& run, const std::string& label,
                                   const std::string& stage);

// What load.hlog is asked about them: how many took longer than each of the percentiles.
Asked asked_of(const Answers& answers, const load::RunResult& run,
               const std::vector<double>& percentiles);

// The numbers themselves. Without a `spoilt` it is not known how sure a latency or a rate is, and
// errors are taken to be independent.
budget::Measure percentile(const Answers& answers, double percent,
                           const std::optional<Spoilt>& spoilt);
budget::Measure percentile(const Answers& answers, double percent, const LogError& sure);
budget::Measure mean(const Answers& answers, const std::optional<Spoilt>& spoilt);
budget::Measure largest(const Answers& answers);
budget::Measure rate(const Answers& answers, const std::optional<Spoilt>& spoilt);
budget::Measure errors(const Answers& answers, const std::optional<Spoilt>& spoilt);

// The share of `of` that did not fail to get a connection.
budget::Measure connected(const Answers& answers);

}  // namespace tidemark::signoff
