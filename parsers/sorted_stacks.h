#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/base/file.h"
#include "lib/model/profile.h"

namespace tidemark {

// Walks the lines of folded text that is sorted and plain, as most producers write it.
// Two such texts are compared line by line: neither becomes a profile.
//
//   if (SortedStacks::holds(input)) {
//     SortedStacks stacks(input);
//     while (stacks.next()) { use stacks.stack(), stacks.value(); }
//   }
class SortedStacks {
 public:
  // Whether every line of `input` is "main;serve;read 3" with a number above 0, and
  // sorts behind the line before, bytewise by the stack; so that to walk it gives
  // what the format "collapsed" reads and folded text is written of. One pass.
  static bool holds(const Input& input);

  // REQUIRES: `input` outlives this.
  explicit SortedStacks(const Input& input) : input_(input) {}

  // Moves to the next line; false at the end. Throws Error when it is not plain: the
  // file has changed.
  bool next();

  // Of the current line. The text stays in the input.
  std::string_view stack() const { return stack_; }
  std::int64_t value() const { return value_; }

 private:
  bool plain_line();

  const Input& input_;
  std::size_t next_ = 0;
  std::size_t forgotten_ = 0;
  std::string_view stack_;
  std::int64_t value_ = 0;
};

// A stack of either text and its values in both, 0 where it is not in one.
struct StackPair {
  std::string_view stack;
  std::int64_t before = 0;
  std::int64_t after = 0;
};

// Walks two such texts at once, in their common order.
class SortedPairs {
 public:
  SortedPairs(const Input& before, const Input& after)
      : before_(before), after_(after), old_(before_.next()), new_(after_.next()) {}

  // The next stack; nothing at the end.
  std::optional<StackPair> next();

 private:
  SortedStacks before_;
  SortedStacks after_;
  bool old_;  // whether before_ stands at a line that was not given yet
  bool new_;
};

// The stacks of two such texts as one profile that counts "samples before" and
// "samples after".
Profile profile_of_pairs(const Input& before, const Input& after);

}  // namespace tidemark
