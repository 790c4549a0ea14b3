#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/signoff/run/duration.h"
#include "tools/signoff/run/runner.h"

namespace tidemark::signoff {

// How long the runs of a plan take, by their history or else by what they say.
class Times {
 public:
  Times(const Plan& plan, const Campaign& campaign, double scale, const Expected& expected);

  Duration of(std::size_t phase, const RunPlan& run) const;
  Duration limit(std::size_t phase, const RunPlan& run) const;

  bool from_history(std::size_t phase, const RunPlan& run) const;

  // All runs of a phase; nothing unless its history knows each.
  std::optional<std::int64_t> expected_ms(std::size_t phase) const;

  // Share and time left, when `elapsed` of what is expected of the runs under way is over.
  void fill(const SignoffResult& result, Duration elapsed, Standing& standing) const;

 private:
  struct Time {
    std::optional<Expectation> known;
    Duration start_value{0};
  };

  const Plan& plan_;
  double scale_;
  std::vector<std::map<const RunPlan*, Time>> times_;  // of each phase
};

// "memcheck", "memcheck 2 of 3", with ", attempt 2".
std::string words_for(const NextRun& next);

}  // namespace tidemark::signoff
