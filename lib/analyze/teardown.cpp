#include "lib/analyze/teardown.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace tidemark {
namespace {

constexpr std::string_view kMilliseconds = "ms";

// `Timed` has a member `at`.
template <typename Timed>
void leave_out(std::vector<Timed>& all, std::int64_t last, std::int64_t teardown) {
  const auto late = [&](const Timed& one) { return one.at > last - teardown; };
  if (std::ranges::all_of(all, late)) return;
  std::erase_if(all, late);
}

}  // namespace

std::int64_t teardown_of(const Run& run) {
  const bool asked = run.stop_ms > 0 && run.ended_ms > run.stop_ms;
  return asked ? run.ended_ms - run.stop_ms : 0;
}

void leave_out_teardown(Recording& recording, std::int64_t teardown) {
  std::vector<Profile>& profiles = recording.profiles;
  const bool timed = std::ranges::all_of(
      profiles, [](const Profile& profile) { return profile.at_unit == kMilliseconds; });
  if (teardown <= 0 || profiles.empty() || !timed) return;
  std::int64_t last = std::ranges::max(profiles, {}, &Profile::at).at;
  for (const Series& series : recording.series)
    if (series.at_unit == kMilliseconds && !series.points.empty())
      last = std::max(last, series.points.back().at);
  leave_out(profiles, last, teardown);
}

void leave_out_teardown(Series& series, std::int64_t teardown) {
  if (teardown <= 0 || series.points.empty() || series.at_unit != kMilliseconds) return;
  leave_out(series.points, std::ranges::max(series.points, {}, &Point::at).at, teardown);
}

}  // namespace tidemark
