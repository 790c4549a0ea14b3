#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/id_table.h"
#include "lib/model/profile.h"
#include "parsers/stack_batch.h"

namespace tidemark {

// How many bytes `a` and `b` have in common at their start.
std::size_t common_prefix(std::string_view a, std::string_view b);

// Builds a profile's stacks from folded text, "main;serve;read".
//
//   FoldedStacks stacks(profile);
//   for (...) {
//     if (const auto stack = stacks.find(text)) profile.add(*stack, ...);
//     if (stacks.full()) use(stacks.take());
//   }
//   use(stacks.take());
//
// It is the only one to intern frames and stacks in `profile`. What a text shares
// with the one before is found by comparing bytes. As long as the texts come sorted, as
// most producers write them, nothing else is looked up but the names of frames: what is
// not in the text before is new. From the first text on that is out of order, stacks
// are collected, and added together.
class FoldedStacks {
 public:
  explicit FoldedStacks(Profile& profile) : profile_(profile), batch_(profile) {}

  // The stack of `text`, outermost first; nothing when it is collected. REQUIRES:
  // `text` outlives the next call.
  std::optional<StackId> find(std::string_view text);

  // Whether take() should be called now.
  bool full() const { return batch_.full(); }

  // The stacks that were collected since the last call, in their order.
  std::vector<StackId> take() { return batch_.take(); }

 private:
  // The stack of the first `end` bytes of last_, and its innermost frame.
  struct Seen {
    std::size_t end;
    StackId stack;  // kRoot when it is only collected
    FrameId frame;
  };

  void go_back_to(std::string_view text, std::size_t same);
  Seen call(StackId caller, std::string_view text, std::size_t start);
  FrameId frame(std::string_view name);

  Profile& profile_;
  StackBatch batch_;
  IdTable names_;
  std::string spelled_;               // the names of all frames, one behind the other
  std::vector<std::size_t> ends_{0};  // where each ends in spelled_, behind a leading 0
  std::string_view last_;
  bool sorted_ = true;
  std::vector<Seen> frames_;  // of last_, outermost first
  // Whole texts that last_ starts with and that no frame of it ends at: "main;read"
  // before "main;read_all". Sorted after both, "main;read;copy" comes back to the first.
  std::vector<Seen> left_;
};

}  // namespace tidemark
