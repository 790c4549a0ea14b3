#pragma once

#include <cstddef>
#include <string_view>

namespace tidemark::cli {

bool is_terminal(int fd);

// Columns of the terminal behind `fd`; COLUMNS, else 80, when it is none.
std::size_t width(int fd);

// Whether to colour what goes to `fd`: a terminal that can, and neither NO_COLOR
// (https://no-color.org) nor TERM=dumb is set.
bool wants_colour(int fd);

// One line on a terminal that says what goes on and overwrites itself. Silent
// when `fd` is not a terminal. The destructor takes the line away.
class ProgressLine {
 public:
  explicit ProgressLine(int fd = 2);
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine();

  // Shows `text`, cut to the terminal's width; control characters in it are
  // shown as escapes.
  void show(std::string_view text);

  // Takes the line away, so that something else can be printed.
  void clear();

 private:
  int fd_;
  bool silent_;
  bool shown_ = false;
};

}  // namespace tidemark::cli
