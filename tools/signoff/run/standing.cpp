#include "tools/signoff/run/standing.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "tools/signoff/run/order.h"

namespace tidemark::signoff {

namespace {

// A run's part of what its phase takes: as its start value is a part of all of them. None of them
// takes longer than all together.
Expectation part_of(const Expectation& phase, Duration start_value, Duration all) {
  const double share =
      std::chrono::duration<double>(start_value) / std::chrono::duration<double>(all);
  return {.usual = std::chrono::round<Duration>(
              std::chrono::duration<double, std::nano>(phase.usual) * share),
          .longest = phase.longest};
}

}  // namespace

Times::Times(const Plan& plan, const Campaign& campaign, double scale, const Expected& expected)
    : plan_(plan), scale_(scale), times_(plan.size()) {
  for (std::size_t i = 0; i < plan.size(); ++i) {
    Duration all(0);
    for (const RunPlan* const run : plan[i].runs) {
      const Duration start = start_value(plan[i], *run, campaign, scale);
      times_[i][run].start_value = start;
      all += start * run->repeat;
    }
    const std::optional<Expectation> phase = expected ? expected(plan[i].id()) : std::nullopt;
    if (!phase) continue;
    for (auto& [run, time] : times_[i]) time.known = part_of(*phase, time.start_value, all);
  }
}

Duration Times::of(std::size_t phase, const RunPlan& run) const {
  const Time& time = times_[phase].at(&run);
  return time.known ? time.known->usual : time.start_value;
}

Duration Times::limit(std::size_t phase, const RunPlan& run) const {
  const Time& time = times_[phase].at(&run);
  return time_limit(run, time.known, time.start_value, scale_);
}

bool Times::from_history(std::size_t phase, const RunPlan& run) const {
  return times_[phase].at(&run).known.has_value();
}

std::optional<std::int64_t> Times::expected_ms(std::size_t phase) const {
  Duration sum(0);
  for (const RunPlan* const run : plan_[phase].runs) {
    const std::optional<Expectation>& known = times_[phase].at(run).known;
    if (!known) return std::nullopt;
    sum += known->usual * run->repeat;
  }
  return std::chrono::round<std::chrono::milliseconds>(sum).count();
}

void Times::fill(const SignoffResult& result, Duration elapsed, Standing& standing) const {
  Duration all(0);
  Duration done = elapsed;
  for (std::size_t i = 0; i < plan_.size(); ++i) {
    const PhaseResult& phase = result.phases[i];
    if (phase.state == State::kSkipped) continue;
    for (const RunPlan* const run : plan_[i].runs) {
      const Duration one = of(i, *run);
      const auto ended = std::ranges::count_if(phase.runs, [&](const RunResult& other) {
        return other.name == run->name && !other.superseded && other.ended_ms != 0;
      });
      all += one * run->repeat;
      done += one * (is_over(phase) ? run->repeat : static_cast<int>(ended));
    }
  }
  using Seconds = std::chrono::duration<double>;
  standing.share = std::min(Seconds(done) / std::max(Seconds(all), Seconds(1)), 1.0);
  standing.left = std::max(all - done, Duration(0));
}

std::string words_for(const NextRun& next) {
  std::string words = next.run->name;
  if (next.run->repeat > 1) words += fmt::format(" {} of {}", next.repetition, next.run->repeat);
  if (next.attempt > 1) words += fmt::format(", attempt {}", next.attempt);
  return words;
}

}  // namespace tidemark::signoff
