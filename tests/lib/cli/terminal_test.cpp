#include "lib/cli/terminal.h"

#include <gtest/gtest.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

#include "lib/base/file.h"

namespace tidemark::cli {
namespace {

// A terminal of 20 columns: what is written to `inside` is read from `outside`.
struct Terminal {
  Terminal() {
    winsize size = {.ws_row = 10, .ws_col = 20, .ws_xpixel = 0, .ws_ypixel = 0};
    int ends[2];
    EXPECT_EQ(::openpty(&ends[0], &ends[1], nullptr, nullptr, &size), 0);
    outside = Descriptor(ends[0]);
    inside = Descriptor(ends[1]);
  }
  std::string read() const {
    std::array<char, 256> buffer;
    const ssize_t count = ::read(outside.get(), buffer.data(), buffer.size());
    return {buffer.data(), static_cast<std::size_t>(count)};
  }
  Descriptor outside;
  Descriptor inside;
};

TEST(Terminal, KnowsItsWidthAndWhetherColoursAreWanted) {
  const Terminal terminal;
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "xterm", 1);
  EXPECT_TRUE(is_terminal(terminal.inside.get()));
  EXPECT_EQ(width(terminal.inside.get()), 20U);
  EXPECT_TRUE(wants_colour(terminal.inside.get()));
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(wants_colour(terminal.inside.get()));
}

TEST(Terminal, IsNotAPipe) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const Descriptor reader(ends[0]);
  const Descriptor writer(ends[1]);
  ::unsetenv("COLUMNS");
  EXPECT_EQ(width(writer.get()), 80U);
  ::setenv("COLUMNS", "132", 1);
  EXPECT_EQ(width(writer.get()), 132U);
  EXPECT_FALSE(wants_colour(writer.get()));
}

TEST(ProgressLine, OverwritesItselfCutToTheWidth) {
  const Terminal terminal;
  {
    ProgressLine line(terminal.inside.get());
    line.show("a long line that does not fit");
    EXPECT_EQ(terminal.read(), "\r\x1b[Ka long line that do");
    line.show("\x1b[2J");
    EXPECT_EQ(terminal.read(), "\r\x1b[K\\x1b[2J");
  }
  EXPECT_EQ(terminal.read(), "\r\x1b[K");
}

TEST(ProgressLine, IsSilentOnAPipe) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const Descriptor reader(ends[0]);
  Descriptor writer(ends[1]);
  ProgressLine(writer.get()).show("text");
  writer.reset();
  char byte = 0;
  EXPECT_EQ(::read(reader.get(), &byte, 1), 0);
}

}  // namespace
}  // namespace tidemark::cli
