#pragma once

#include <optional>
#include <vector>

#include "lib/load/result.h"
#include "lib/load/scenario.h"
#include "tools/pressure/engine/tally.h"

namespace tidemark::pressure {

// The throughput of each stage of a concurrency ladder, second by second, so that its
// standard error is known. The first second of a rung, while its clients come in, does not
// count.
class Rungs {
 public:
  explicit Rungs(const load::LoadPlan& load);
  void add(const Second& second);

  // Nothing when the scenario has no ladder.
  std::optional<load::Scalability> scalability() const;

 private:
  struct Throughput {
    int stretches = 0;  // seconds, or what a stage's end left of one
    double seconds = 0;
    double done = 0;
    double sum = 0;  // of their rates
    double squares = 0;
  };
  const load::LoadPlan* load_;
  std::vector<Throughput> stages_;
};

}  // namespace tidemark::pressure
