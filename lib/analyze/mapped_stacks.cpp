// Two trees are matched from their roots: the callees of a stack of `to` are noted
// by their frames, and each callee of the same stack of `from` finds its own there.
// Every list of callees is read once, whatever its length, and nothing is hashed.

#include "lib/analyze/mapped_stacks.h"

#include "lib/analyze/callees.h"

namespace tidemark {
namespace {

bool all_differ(const Profile& to, const std::vector<FrameId>& frames) {
  std::vector<bool> seen(to.frames());
  for (const FrameId frame : frames) {
    if (seen[static_cast<std::size_t>(frame)]) return false;
    seen[static_cast<std::size_t>(frame)] = true;
  }
  return true;
}

// The stack of `to` for each stack of `from` that is there already, else kRoot.
std::vector<StackId> matched(const Profile& from, const Profile& to,
                             const std::vector<FrameId>& frames) {
  std::vector<StackId> stacks(from.stacks(), kRoot);
  if (to.stacks() == 1) return stacks;
  const Callees new_callees(from);
  const Callees old_callees(to);
  std::vector<StackId> calling(to.frames(), kRoot);  // among the callees of one stack
  for (std::uint32_t i = 0; i < from.stacks(); ++i) {
    if ((i != 0 && stacks[i] == kRoot) || new_callees.first(StackId{i}) == kRoot) continue;
    const StackId old = stacks[i];
    for (StackId at = old_callees.first(old); at != kRoot; at = old_callees.next(at)) {
      calling[static_cast<std::size_t>(to.leaf(at))] = at;
    }
    for (StackId at = new_callees.first(StackId{i}); at != kRoot; at = new_callees.next(at)) {
      const FrameId frame = frames[static_cast<std::size_t>(from.leaf(at))];
      stacks[static_cast<std::size_t>(at)] = calling[static_cast<std::size_t>(frame)];
    }
    for (StackId at = old_callees.first(old); at != kRoot; at = old_callees.next(at)) {
      calling[static_cast<std::size_t>(to.leaf(at))] = kRoot;
    }
  }
  return stacks;
}

std::vector<StackId> pushed(const Profile& from, Profile& to, const std::vector<FrameId>& frames) {
  std::vector<StackId> stacks(from.stacks(), kRoot);
  for (std::uint32_t i = 1; i < from.stacks(); ++i) {
    const StackId caller = stacks[static_cast<std::size_t>(from.caller(StackId{i}))];
    stacks[i] = to.push(caller, frames[static_cast<std::size_t>(from.leaf(StackId{i}))]);
  }
  return stacks;
}

}  // namespace

std::vector<StackId> grafted_stacks(const Profile& from, Profile& to,
                                    const std::vector<FrameId>& frames) {
  if (!all_differ(to, frames)) return pushed(from, to, frames);
  std::vector<StackId> stacks = matched(from, to, frames);
  for (std::uint32_t i = 1; i < from.stacks(); ++i) {
    if (stacks[i] != kRoot) continue;
    const StackId caller = stacks[static_cast<std::size_t>(from.caller(StackId{i}))];
    stacks[i] = to.append(caller, frames[static_cast<std::size_t>(from.leaf(StackId{i}))]);
  }
  return stacks;
}

}  // namespace tidemark
