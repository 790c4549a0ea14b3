#include "parsers/sorted_stacks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "lib/base/error.h"
#include "parsers/folded_line.h"
#include "parsers/folded_stacks.h"

namespace tidemark {
namespace {

// Whether `next` sorts behind `last`, of which it shares `same` bytes.
bool is_behind(std::string_view last, std::string_view next, std::size_t same) {
  if (same == next.size()) return false;
  return same == last.size() ||
         static_cast<unsigned char>(last[same]) < static_cast<unsigned char>(next[same]);
}

// Whether the frames from `start` on are written as they are read: an empty one has
// another name, and folded text cannot hold every byte.
bool has_plain_frames(std::string_view stack, std::size_t start) {
  char before = start == 0 ? ';' : stack[start - 1];
  for (const char c : stack.substr(start)) {
    if (c == '\r' || c == '\0' || (c == ';' && before == ';')) return false;
    before = c;
  }
  return true;
}

// Whether more than the stack may decide what the file counts: a second column, or
// times off the CPU, which are told by their last frame.
bool may_count_other_things(std::string_view stack) {
  const std::size_t space = stack.find_last_of(" \t");
  if (space != std::string_view::npos && stack.find(';', space) == std::string_view::npos &&
      stack[space + 1] >= '0' && stack[space + 1] <= '9') {
    return true;
  }
  return stack.starts_with('#') ||
         stack.substr(stack.rfind(';') + 1).starts_with("finish_task_switch");
}

}  // namespace

bool SortedStacks::plain_line() {
  // Pages that were read leave our memory, some megabytes at a time.
  constexpr std::size_t kStep = std::size_t{8} << 20;
  if (next_ >= forgotten_ + kStep) {
    forget(input_, forgotten_, next_ - forgotten_);
    forgotten_ = next_;
  }
  const std::string_view bytes = input_.bytes;
  const std::size_t end = bytes.find('\n', next_);
  if (end == std::string_view::npos) return false;
  stack_ = split_plain(bytes.substr(next_, end - next_), value_);
  next_ = end + 1;
  return !stack_.empty() && value_ > 0;
}

bool SortedStacks::holds(const Input& input) {
  SortedStacks at(input);
  std::string_view last;
  while (at.next_ < input.bytes.size()) {
    if (!at.plain_line()) return false;
    if (last.empty() && may_count_other_things(at.stack_)) return false;
    const std::size_t same = common_prefix(last, at.stack_);
    if (!is_behind(last, at.stack_, same) || !has_plain_frames(at.stack_, same)) return false;
    last = at.stack_;
  }
  return !last.empty();
}

bool SortedStacks::next() {
  if (next_ >= input_.bytes.size()) return false;
  if (plain_line()) return true;
  throw Error(fmt::format("{}: the file has changed while it was read", input_.name));
}

std::optional<StackPair> SortedPairs::next() {
  if (!old_ && !new_) return std::nullopt;
  int order = old_ ? -1 : 1;
  if (old_ && new_) order = before_.stack().compare(after_.stack());
  StackPair pair;
  if (order <= 0) {
    pair = {.stack = before_.stack(), .before = before_.value()};
    old_ = before_.next();
  }
  if (order >= 0) {
    pair = {.stack = after_.stack(), .before = pair.before, .after = after_.value()};
    new_ = after_.next();
  }
  return pair;
}

Profile profile_of_pairs(const Input& before, const Input& after) {
  Profile profile(std::vector<ValueType>{{.name = "samples before", .unit = "count"},
                                         {.name = "samples after", .unit = "count"}});
  FoldedStacks stacks(profile);
  SortedPairs pairs(before, after);
  // Sorted as they are, none is collected.
  while (const auto pair = pairs.next()) {
    const auto stack = stacks.find(pair->stack);
    if (stack) profile.add(*stack, std::array{pair->before, pair->after});
  }
  return profile;
}

}  // namespace tidemark
