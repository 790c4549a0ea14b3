#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/model/profile.h"
#include "lib/model/recording.h"

namespace tidemark {

// What the parsers of texts that list call stacks share: it collects the frames
// of one stack, adds it to a profile with its numbers, and tells of a last line
// that is cut.
//
//   TextStacks stacks(input, types);
//   while (stacks.lines().next()) {
//     stacks.frame(...)...; stacks.add(values);
//   }
//   return stacks.finish("the producer", "what a stack looks like");
class TextStacks {
 public:
  explicit TextStacks(const Input& input,
                      std::vector<ValueType> types = {{.name = "samples", .unit = "count"}});

  Lines& lines() { return lines_; }
  Profile& profile() { return profile_; }
  Recording& recording() { return recording_; }

  // The next frame of the stack being read, innermost first.
  void frame(Frame frame) { frames_.push_back(std::move(frame)); }
  void frame(std::string_view function) { frame(Frame{.function = std::string(function)}); }

  // A frame on the outer side of the stack, whatever else it holds: a command, a
  // thread. The first one is outermost.
  void root(std::string_view name);

  // Of the stack being read; roots do not count.
  std::size_t depth() const { return frames_.size(); }

  // The frame that came last. REQUIRES: depth() > 0.
  Frame& last() { return frames_.back(); }

  // Ends the stack: adds `values` to it. Throws Error with the current line's
  // position when a sum does not fit.
  void add(std::span<const std::int64_t> values, std::span<const double> variances = {});
  void add(std::int64_t value) { add(std::span(&value, 1)); }

  // Forgets the frames and roots read so far.
  void drop();

  // How many stacks were added.
  std::int64_t added() const { return added_; }

  // The Recording. Throws Error "expected `expected`" when no stack was added. A
  // last line without a newline makes it partial.
  Recording finish(std::string_view producer, std::string_view expected);

 private:
  Lines lines_;
  Profile profile_;
  Recording recording_;
  std::vector<FrameId> roots_;
  std::vector<Frame> frames_;
  std::int64_t added_ = 0;
};

// `text` without the blanks (spaces, tabs) at both ends, or at its start.
std::string_view without_blanks(std::string_view text);
std::string_view without_leading_blanks(std::string_view text);

// Cuts the first word, up to a blank, off `text`, with the blanks around it.
std::string_view take_word(std::string_view& text);

bool is_digit(char c);
bool is_number(std::string_view text);  // one digit or more, nothing else

// Splits "file.c:12" into the frame's file and line; all of it is the file when
// no number follows a colon. "file.c:12:7" has a column, which is dropped.
void set_place(std::string_view text, Frame& frame);

// Cuts "+0x1f" or "+31" off the end of a function's name.
std::string_view without_offset(std::string_view name);

}  // namespace tidemark
