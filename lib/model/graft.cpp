#include "lib/model/graft.h"

#include <span>

namespace tidemark {
namespace {

// At a stack of `from`, `done` of the frames that stand for its leaf behind it.
struct TreeCursor {
  StackId stack = kRoot;
  std::uint32_t done = 0;
};

// `frames_of` gives the frames that stand for a frame.
template <typename FramesOf>
std::vector<StackId> graft_tree(const Profile& from, Profile& to, FramesOf&& frames_of) {
  std::vector<StackId> stacks(from.stacks(), kRoot);
  const Callees callees(from);
  const auto visit = [&](TreeCursor at, StackId stack, auto&& call) {
    if (at.stack != kRoot) {
      const std::span<const FrameId> frames = frames_of(from.leaf(at.stack));
      if (at.done < frames.size()) {
        call(frames[at.done], {.stack = at.stack, .done = at.done + 1});
        return;
      }
      stacks[static_cast<std::size_t>(at.stack)] = stack;
    }
    for (StackId to_call = callees.first(at.stack); to_call != kRoot;
         to_call = callees.next(to_call)) {
      call(frames_of(from.leaf(to_call))[0], {.stack = to_call, .done = 1});
    }
  };
  Graft<TreeCursor>(to).run({TreeCursor{}}, visit);
  return stacks;
}

}  // namespace

std::vector<StackId> grafted_stacks(const Profile& from, Profile& to,
                                    const std::vector<std::vector<FrameId>>& frames) {
  return graft_tree(from, to, [&](FrameId frame) -> std::span<const FrameId> {
    return frames[static_cast<std::size_t>(frame)];
  });
}

std::vector<StackId> grafted_stacks(const Profile& from, Profile& to,
                                    const std::vector<FrameId>& frames) {
  return graft_tree(from, to, [&](FrameId frame) -> std::span<const FrameId> {
    return {&frames[static_cast<std::size_t>(frame)], 1};
  });
}

}  // namespace tidemark
