#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "lib/model/graft.h"
#include "lib/model/profile.h"

namespace tidemark {

// Collects stacks and adds them to a profile together, which for stacks in no order
// is several times as fast as to push them one by one.
//
//   while (...) {
//     batch.call(frame)...; batch.end();
//     if (batch.full()) use(batch.take());
//   }
//   use(batch.take());
//
// A full batch takes 64 MiB, however long the input is.
class StackBatch {
 public:
  explicit StackBatch(Profile& profile) : profile_(profile) {}

  // The next frame of the stack at hand, outermost first.
  void call(FrameId frame) { words_.push_back(static_cast<std::uint32_t>(frame)); }

  // Ends the stack at hand, which may be empty.
  void end() {
    words_.push_back(kEnd);
    words_.push_back(static_cast<std::uint32_t>(starts_.size()));
    starts_.push_back(next_start_);
    next_start_ = words_.size();
  }

  bool full() const { return words_.size() >= kFull; }

  // Adds the stacks to the profile and starts over. Gives their ids, in the order of end().
  std::vector<StackId> take() {
    std::vector<StackId> stacks(starts_.size());
    const auto visit = [&](std::size_t at, StackId stack, auto&& call) {
      if (words_[at] == kEnd) {
        stacks[words_[at + 1]] = stack;
      } else {
        call(FrameId{words_[at]}, at + 1);
      }
    };
    if (!starts_.empty()) Graft<std::size_t>(profile_).run(std::move(starts_), visit);
    starts_.clear();
    words_.clear();
    next_start_ = 0;
    return stacks;
  }

 private:
  static constexpr std::uint32_t kEnd = 0xFFFFFFFF;
  static constexpr std::size_t kFull = std::size_t{1} << 24;

  Profile& profile_;
  std::vector<std::uint32_t> words_;  // the frames of each stack, kEnd, its number
  std::vector<std::size_t> starts_;
  std::size_t next_start_ = 0;
};

}  // namespace tidemark
