// Why a frame that a sorted text does not share with the text before is new, or one of
// left_: the texts that begin with "main;read;" follow each other without a gap, so
// a stack that was left is not come back to for more callees. It is come back to only
// when it was a whole text itself and others came in between that sort below its ';':
//
//   main;read 3
//   main;read2;copy 4
//   main;read;copy 5

#include "parsers/folded_stacks.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "lib/base/hash.h"

namespace tidemark {
namespace {

bool ends_at(std::string_view text, std::size_t same, std::size_t end) {
  return end <= same && (end == text.size() || text[end] == ';');
}

// Whether `next` sorts behind `last` (or is equal), of which it shares `same` bytes.
bool in_order(std::string_view last, std::string_view next, std::size_t same) {
  if (same == last.size()) return true;
  return same < next.size() &&
         static_cast<unsigned char>(last[same]) < static_cast<unsigned char>(next[same]);
}

}  // namespace

std::size_t common_prefix(std::string_view a, std::string_view b) {
  const std::size_t length = std::min(a.size(), b.size());
  std::size_t i = 0;
  if constexpr (std::endian::native == std::endian::little) {
    for (; i + 8 <= length; i += 8) {
      std::uint64_t x = 0;
      std::uint64_t y = 0;
      std::memcpy(&x, a.data() + i, 8);
      std::memcpy(&y, b.data() + i, 8);
      if (x != y) return i + static_cast<std::size_t>(std::countr_zero(x ^ y)) / 8;
    }
  }
  while (i < length && a[i] == b[i]) ++i;
  return i;
}

std::optional<StackId> FoldedStacks::find(std::string_view text) {
  go_back_to(text, common_prefix(text, last_));
  last_ = text;
  StackId stack = frames_.empty() ? kRoot : frames_.back().stack;
  std::size_t start = frames_.empty() ? 0 : frames_.back().end + 1;
  while (start <= text.size()) {
    frames_.push_back(call(stack, text, start));
    stack = frames_.back().stack;
    start = frames_.back().end + 1;
  }
  if (sorted_) return stack;
  for (const Seen& seen : frames_) batch_.call(seen.frame);
  batch_.end();
  return std::nullopt;
}

// The call of the frame that starts at `start`.
FoldedStacks::Seen FoldedStacks::call(StackId caller, std::string_view text, std::size_t start) {
  const std::size_t end = std::min(text.find(';', start), text.size());
  if (sorted_ && !left_.empty() && left_.back().end == end) {
    const Seen left = left_.back();
    left_.pop_back();
    return left;
  }
  const FrameId leaf = frame(text.substr(start, end - start));
  return {.end = end, .stack = sorted_ ? profile_.append(caller, leaf) : kRoot, .frame = leaf};
}

// Forgets the frames of last_ that `text` does not share.
void FoldedStacks::go_back_to(std::string_view text, std::size_t same) {
  sorted_ = sorted_ && in_order(last_, text, same);
  while (!left_.empty() && left_.back().end > same) left_.pop_back();
  if (sorted_ && !frames_.empty() && same == last_.size() && !ends_at(text, same, same)) {
    left_.push_back(frames_.back());
  }
  // A frame is shared when its end, a ';' or the end of the text, is as well.
  while (!frames_.empty() && !ends_at(text, same, frames_.back().end)) frames_.pop_back();
}

FrameId FoldedStacks::frame(std::string_view name) {
  const std::uint32_t id = names_.find_or_add(hash_of(name), [&](std::uint32_t other) {
    return std::string_view(spelled_).substr(ends_[other], ends_[other + 1] - ends_[other]) == name;
  });
  // Frames are interned in this order and nowhere else: the numbers agree.
  if (id == profile_.frames()) {
    profile_.intern({.function = std::string(name)});
    spelled_ += name;
    ends_.push_back(spelled_.size());
  }
  return FrameId{id};
}

}  // namespace tidemark
