#include "lib/analyze/call_stacks.h"

#include <cstddef>
#include <memory>
#include <utility>

namespace tidemark {

CallStack CallStacks::of(StackId stack) {
  std::vector<CallStack::Shared> frames;
  for (; stack != kRoot; stack = profile_.caller(stack)) {
    const FrameId id = profile_.leaf(stack);
    CallStack::Shared& frame = frames_[static_cast<std::size_t>(id)];
    if (frame == nullptr) frame = std::make_shared<const Frame>(profile_.frame(id));
    frames.push_back(frame);
  }
  return CallStack(std::move(frames));
}

}  // namespace tidemark
