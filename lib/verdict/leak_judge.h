#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "lib/verdict/blocks.h"
#include "lib/verdict/decision.h"
#include "lib/verdict/evidence.h"
#include "lib/verdict/sample.h"

namespace tidemark::verdict {

// A number with the bounds between which it lies with 95 % probability.
struct Estimate {
  double value = 0;
  double low = 0;
  double high = 0;
};

struct Settings {
  double gate_bytes_per_day = 50e6;   // slower growth is tolerated
  std::optional<double> limit_bytes;  // what the memory must not reach
  std::vector<std::string> parts;     // names of Sample::parts: "anonymous heap"
  double shortest_block_s = 30;       // shorter for runs of minutes
};

struct LeakVerdict {
  Answer answer = Answer::kNotEnough;
  Reason reason = Reason::kTooEarly;
  double confidence = 0.5;  // P(growth per 24 hours > gate)
  double more_h = 0;        // when not enough: how much longer would probably do
  std::optional<Estimate> growth_bytes_per_day;
  std::optional<Estimate> growth_bytes_per_million_requests;
  // Until the limit is reached; a bound is infinite when growth may be none.
  std::optional<Estimate> hours_to_limit;
  std::optional<double> onset_s;        // when the growth began, when that was seen
  std::optional<double> first_alarm_s;  // the first look that said leak
  // What of the memory grows for certain: a name of Settings::parts, or empty.
  std::string part;
  double part_share = 0;  // and how much of the growth it is, from 0 to 1
  std::string text;       // what and why, in words
  std::optional<Evidence> evidence;
};

// Watches one process tree and decides whether it leaks. It looks again whenever
// the run is 8 % longer than at the look before, and only backwards. Times are on
// the samples' clock.
//
//   LeakJudge judge(settings);  judge.add(sample)...;  judge.verdict()
//
// Adding costs O(1) amortised, memory is bounded; verdict() costs about 2 ms.
class LeakJudge {
 public:
  explicit LeakJudge(Settings settings);

  void add(const Sample& sample);

  // What is to be said of all samples so far.
  LeakVerdict verdict() const;

  std::optional<double> first_alarm_s() const { return first_alarm_s_; }
  const Blocks& blocks() const { return blocks_; }
  const Settings& settings() const { return settings_; }

 private:
  void look();

  Settings settings_;
  Blocks blocks_;
  double next_look_h_ = 0;
  std::optional<double> first_alarm_s_;
};

}  // namespace tidemark::verdict
