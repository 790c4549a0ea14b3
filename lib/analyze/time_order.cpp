#include "lib/analyze/time_order.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>

#include "lib/base/numbers.h"

namespace tidemark {
namespace {

// The outermost frame of each stack; nothing for kRoot.
std::vector<std::optional<FrameId>> outermost_frames(const Profile& profile) {
  std::vector<std::optional<FrameId>> outermost(profile.stacks());
  for (std::uint32_t i = 1; i < profile.stacks(); ++i) {
    const StackId caller = profile.caller(StackId{i});
    outermost[i] = caller == kRoot ? std::optional(profile.leaf(StackId{i}))
                                   : outermost[static_cast<std::size_t>(caller)];
  }
  return outermost;
}

// "comm-12/13" has both, "comm-12" a pid, "comm-?/13" a tid.
void read_ids(Lane& lane) {
  const std::string_view name = lane.name;
  const std::size_t slash = name.rfind('/');
  const std::size_t dash = name.substr(0, slash).rfind('-');
  if (dash == std::string::npos) return;
  const std::string_view process = name.substr(dash + 1, slash - dash - 1);
  const auto pid = to_number(process);
  if (process != "?" && (!pid || *pid < 0)) return;
  lane.pid = pid.value_or(0);
  const auto tid = slash == std::string::npos ? pid : to_number(name.substr(slash + 1));
  lane.tid = std::max<std::int64_t>(tid.value_or(0), 0);
}

// The middle one of the times between two samples.
std::int64_t usual_gap(const Lane& lane) {
  std::vector<std::int64_t> gaps;
  for (std::size_t i = 1; i < lane.moments.size(); ++i) {
    const std::int64_t gap = lane.moments[i].at - lane.moments[i - 1].at;
    if (gap > 0) gaps.push_back(gap);
  }
  if (gaps.empty()) return 1'000'000;
  const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
  std::ranges::nth_element(gaps, middle);
  return *middle;
}

bool counts_time(const Profile& profile) {
  const auto& types = profile.value_types();
  return profile.default_value < types.size() && types[profile.default_value].unit == "nanoseconds";
}

// Opens and closes calls as samples come.
class Calls {
 public:
  explicit Calls(const Profile& profile) : profile_(profile) {}

  // The thread is in `stack` from `at` on; kRoot: in nothing.
  void enter(StackId stack, std::int64_t at) {
    frames_.clear();
    for (StackId s = stack; s != kRoot; s = profile_.caller(s)) frames_.push_back(profile_.leaf(s));
    std::ranges::reverse(frames_);
    std::size_t same = 0;
    while (same < open_.size() && same < frames_.size() &&
           spans_[open_[same]].frame == frames_[same]) {
      ++same;
    }
    for (const std::size_t left : std::span(open_).subspan(same)) spans_[left].end = at;
    open_.resize(same);
    for (; same < frames_.size(); ++same) {
      open_.push_back(spans_.size());
      spans_.push_back({.frame = frames_[same], .depth = same, .start = at, .end = at});
    }
  }

  std::vector<Span> take() { return std::move(spans_); }

 private:
  const Profile& profile_;
  std::vector<Span> spans_;
  std::vector<std::size_t> open_;  // indices of spans, the outermost first
  std::vector<FrameId> frames_;
};

}  // namespace

std::vector<Lane> lanes_of(const Profile& profile) {
  const std::vector<std::optional<FrameId>> outermost = outermost_frames(profile);
  std::unordered_map<std::string, std::size_t> known;
  std::vector<Lane> lanes;
  for (const Moment& moment : profile.timeline) {
    const auto root = outermost[static_cast<std::size_t>(moment.stack)];
    std::string name = root ? name_of(profile.frame(*root)) : "";
    const auto [entry, fresh] = known.try_emplace(std::move(name), lanes.size());
    if (fresh) {
      lanes.push_back({.name = entry->first});
      read_ids(lanes.back());
    }
    lanes[entry->second].moments.push_back(moment);
  }
  return lanes;
}

std::vector<Span> spans_of(const Profile& profile, const Lane& lane) {
  const bool own_length = counts_time(profile);
  const std::int64_t usual = usual_gap(lane);
  Calls calls(profile);
  for (std::size_t i = 0; i < lane.moments.size(); ++i) {
    const Moment& moment = lane.moments[i];
    calls.enter(moment.stack, moment.at);
    const std::int64_t length = own_length && moment.value > 0 ? moment.value : usual;
    const bool last = i + 1 == lane.moments.size();
    const std::int64_t next = last ? INT64_MAX : lane.moments[i + 1].at;
    // Timers are late now and then: half as much again is no pause.
    const std::int64_t end = checked_add(moment.at, length);
    if (last || next - moment.at > length / 2 * 3) calls.enter(kRoot, end);
  }
  return calls.take();
}

}  // namespace tidemark
