#pragma once

#include <sys/types.h>
#include <termios.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/file.h"

namespace tidemark::cli {

// The whole terminal as a page that is drawn again and again: the alternate screen,
// which gives way to what was there before when it is left. It is left however the
// process ends, by SIGKILL too: a child that sleeps until then sees to it. While the
// process is stopped (Ctrl-Z) or in the background the terminal is the shell's, and
// nothing is drawn. A terminal that takes nothing (Ctrl-S, a connection that hangs)
// does not hold us up: what it does not take is drawn later.
//
//   if (FullScreen::possible(1)) { FullScreen screen(1);  loop { screen.draw(lines); } }
//
// There is one at a time: signal actions belong to the process. Of SIGWINCH, poll()
// and the like return EINTR.
class FullScreen {
 public:
  // Whether `fd` is a terminal that can be drawn on, and ours to use.
  static bool possible(int fd);

  explicit FullScreen(int fd);
  FullScreen(const FullScreen&) = delete;
  FullScreen& operator=(const FullScreen&) = delete;
  ~FullScreen();

  struct Size {
    std::size_t rows = 24;
    std::size_t columns = 80;

    friend bool operator==(const Size&, const Size&) = default;
  };
  Size size() const;

  // Whether what is drawn does not fit the terminal any more, or is not there.
  bool is_stale() const;

  // Shows the lines from the top, one a row; only those that changed are sent. They may
  // hold colours and other attributes, which end with the line. REQUIRES: at most
  // size().rows of them, each narrower than the terminal.
  void draw(const std::vector<std::string>& lines);

 private:
  bool is_ours() const;
  void enter();
  bool send(const std::string& text);
  void start_guard();

  Descriptor fd_;
  std::optional<termios> before_;
  std::vector<std::string> drawn_;
  Size drawn_size_;
  pid_t guard_ = -1;
};

}  // namespace tidemark::cli
