#include "parsers/perf_script_timeline.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/numbers.h"

namespace tidemark::perf_script {

void Timeline::add(const Instant& instant) {
  const bool keep = seen_++ % stride_ == 0;
  if (!keep || most_ == 0) return;
  if (kept_.size() == most_) {
    for (std::size_t i = 0; i * 2 < kept_.size(); ++i) kept_[i] = kept_[i * 2];
    kept_.resize((kept_.size() + 1) / 2);
    stride_ *= 2;
    if ((seen_ - 1) % stride_ != 0) return;
  }
  kept_.push_back({.at = nanoseconds(instant.time), .node = instant.node, .value = instant.value});
}

void Timeline::put(Tree::Profiles& profiles) const {
  for (const Kept& kept : kept_) {
    const Tree::Place place = profiles.places[kept.node];
    profiles.list[place.profile].timeline.push_back(
        {.at = kept.at, .stack = place.stack, .value = kept.value});
  }
  for (Profile& profile : profiles.list) {
    std::ranges::stable_sort(profile.timeline, {}, &Moment::at);
  }
}

std::string Timeline::warning() const {
  if (stride_ == 1) return "";
  return fmt::format("one of {} samples keeps its time: {} of {}", stride_, kept_.size(), seen_);
}

std::int64_t nanoseconds(std::string_view time) {
  constexpr std::size_t kDigits = 9;
  const std::size_t dot = std::min(time.find('.'), time.size());
  std::string digits(time.substr(0, dot));
  std::string fraction(dot < time.size() ? time.substr(dot + 1) : "");
  fraction.resize(kDigits, '0');
  return to_number(digits + fraction).value_or(0);
}

}  // namespace tidemark::perf_script
