#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/model/profile.h"

namespace tidemark {

// Pushes every stack of `from` to `to`, each frame changed by `frame_in_to`
// (Frame of `from` to Frame of `to`), which is called once a frame. Gives the
// stack in `to` for each stack of `from`.
template <typename FrameInTo>
std::vector<StackId> mapped_stacks(const Profile& from, Profile& to, FrameInTo&& frame_in_to) {
  std::vector<FrameId> frames;
  frames.reserve(from.frames());
  for (std::size_t i = 0; i < from.frames(); ++i) {
    frames.push_back(to.intern(frame_in_to(from.frame(FrameId{static_cast<std::uint32_t>(i)}))));
  }
  std::vector<StackId> stacks{kRoot};
  stacks.reserve(from.stacks());
  for (std::size_t i = 1; i < from.stacks(); ++i) {
    const StackId stack{static_cast<std::uint32_t>(i)};
    const StackId caller = stacks[static_cast<std::size_t>(from.caller(stack))];
    stacks.push_back(to.push(caller, frames[static_cast<std::size_t>(from.leaf(stack))]));
  }
  return stacks;
}

}  // namespace tidemark
