#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/model/graft.h"
#include "lib/model/profile.h"

namespace tidemark {

// Adds every stack of `from` to `to`, each frame changed by `frame_in_to`
// (Frame of `from` to Frame of `to`), which is called once a frame. Gives the
// stack in `to` for each stack of `from`.
template <typename FrameInTo>
std::vector<StackId> mapped_stacks(const Profile& from, Profile& to, FrameInTo&& frame_in_to) {
  std::vector<FrameId> frames;
  frames.reserve(from.frames());
  for (std::size_t i = 0; i < from.frames(); ++i) {
    frames.push_back(to.intern(frame_in_to(from.frame(FrameId{static_cast<std::uint32_t>(i)}))));
  }
  return grafted_stacks(from, to, frames);
}

}  // namespace tidemark
