#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/model/profile.h"

namespace tidemark {

// The samples of one thread or process, in the order of time: those whose stacks
// have the same outermost frame.
struct Lane {
  std::string name;      // of that frame
  std::int64_t pid = 0;  // of a name such as "comm-PID" or "comm-PID/TID"; 0: it has none
  std::int64_t tid = 0;
  std::vector<Moment> moments;
};

// Every lane of profile.timeline, by first appearance. Samples without frames have a
// lane of their own, without a name.
std::vector<Lane> lanes_of(const Profile& profile);

// A call as a flame chart shows it: one box.
struct Span {
  FrameId frame{};
  std::size_t depth = 0;  // 0: the outermost frame
  std::int64_t start = 0;
  std::int64_t end = 0;
};

// The calls of a lane, by start and depth. A sample lasts as long as its value says
// when that is nanoseconds, else as samples usually do in this lane; one that comes
// soon after continues the calls that both have.
std::vector<Span> spans_of(const Profile& profile, const Lane& lane);

}  // namespace tidemark
