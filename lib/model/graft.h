#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "lib/model/callees.h"
#include "lib/model/profile.h"

namespace tidemark {

// Adds many stacks to a profile at once, which costs no look-up by hash: the stacks
// that stand at one stack of the profile are sorted by the frame they call next, in a
// table with a place for each frame, and then those of each frame likewise.
//
//   Graft<Cursor>(profile).run(cursors, [&](Cursor at, StackId stack, auto&& call) {
//     call(frame, next)...;   // what is called from there, and the cursor behind it
//   });
//
// A cursor is any small value that says how far one of the added stacks, or trees of
// stacks, has come; all start at kRoot. Each is visited once, with the stack that it
// came to. Equal stacks become one, with those of the profile too. REQUIRES: all frames
// are in the profile before.
template <typename Cursor>
class Graft {
 public:
  explicit Graft(Profile& to)
      : to_(to), old_(to.stacks()), group_of_(to.frames()), callee_by_(to.frames(), kRoot) {
    if (old_ > 1) callees_.emplace(to);
  }

  template <typename Visit>
  void run(std::vector<Cursor> cursors, Visit&& visit) {
    cursors_ = std::move(cursors);
    open_.assign(1, {.stack = kRoot, .first = 0});
    const auto call = [this](FrameId frame, Cursor next) {
      steps_.push_back({.next = next, .frame = frame});
    };
    while (!open_.empty()) {
      const Open here = open_.back();
      open_.pop_back();
      steps_.clear();
      for (std::size_t i = here.first; i < cursors_.size(); ++i) {
        visit(cursors_[i], here.stack, call);
      }
      cursors_.resize(here.first);
      const bool is_old = static_cast<std::size_t>(here.stack) < old_;
      if (steps_.size() == 1 && !is_old) {
        open_.push_back({to_.append(here.stack, steps_[0].frame), cursors_.size()});
        cursors_.push_back(steps_[0].next);
      } else if (!steps_.empty()) {
        if (is_old) note_callees(here.stack);
        group(here.stack);
        if (is_old) forget_callees(here.stack);
      }
    }
  }

 private:
  // A stack and the cursors that came to it: those from `first` to where the next
  // open one's start, as the last is taken first.
  struct Open {
    StackId stack;
    std::size_t first;
  };
  struct Step {
    Cursor next;
    FrameId frame;
  };
  struct Group {
    StackId stack;
    FrameId frame;
    std::size_t count;  // of its steps; later where the next one goes
  };

  void note_callees(StackId stack) {
    if (!callees_) return;
    for (StackId at = callees_->first(stack); at != kRoot; at = callees_->next(at)) {
      callee_by_[static_cast<std::size_t>(to_.leaf(at))] = at;
    }
  }

  void forget_callees(StackId stack) {
    if (!callees_) return;
    for (StackId at = callees_->first(stack); at != kRoot; at = callees_->next(at)) {
      callee_by_[static_cast<std::size_t>(to_.leaf(at))] = kRoot;
    }
  }

  // Sorts steps_ by frame, in the order in which frames came first.
  void group(StackId stack) {
    groups_.clear();
    for (const Step& step : steps_) {
      std::uint32_t& number = group_of_[static_cast<std::size_t>(step.frame)];
      if (number == 0) {
        const StackId known = callee_by_[static_cast<std::size_t>(step.frame)];
        groups_.push_back({.stack = known != kRoot ? known : to_.append(stack, step.frame),
                           .frame = step.frame,
                           .count = 0});
        number = static_cast<std::uint32_t>(groups_.size());
      }
      ++groups_[number - 1].count;
    }
    std::size_t at = cursors_.size();
    for (std::size_t i = groups_.size(); i-- > 0;) {
      open_.push_back({.stack = groups_[i].stack, .first = at});
      at += std::exchange(groups_[i].count, at);
    }
    cursors_.resize(at);
    for (const Step& step : steps_) {
      Group& mine = groups_[group_of_[static_cast<std::size_t>(step.frame)] - 1];
      cursors_[mine.count++] = step.next;
    }
    for (const Group& one : groups_) group_of_[static_cast<std::size_t>(one.frame)] = 0;
  }

  Profile& to_;
  std::size_t old_;  // stacks below this were there before
  std::optional<Callees> callees_;
  std::vector<std::uint32_t> group_of_;  // by frame: index into groups_ plus 1; 0: none
  std::vector<StackId> callee_by_;       // by frame, of the stack at hand
  std::vector<Cursor> cursors_;
  std::vector<Open> open_;
  std::vector<Step> steps_;
  std::vector<Group> groups_;
};

// Adds every stack of `from` to `to`; a frame `f` of it becomes the frames
// `frames[f]`, outermost first, at least one. Gives the stack in `to` for each stack
// of `from`.
std::vector<StackId> grafted_stacks(const Profile& from, Profile& to,
                                    const std::vector<std::vector<FrameId>>& frames);

// The same where a frame becomes one frame.
std::vector<StackId> grafted_stacks(const Profile& from, Profile& to,
                                    const std::vector<FrameId>& frames);

}  // namespace tidemark
