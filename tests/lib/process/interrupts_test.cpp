#include "lib/process/interrupts.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tidemark {
namespace {

bool readable(int fd) {
  pollfd event{.fd = fd, .events = POLLIN};
  return ::poll(&event, 1, 0) == 1;
}

TEST(Interrupts, CountsAndWakesUp) {
  const Interrupts interrupts;
  EXPECT_EQ(interrupts.count(), 0);
  EXPECT_FALSE(readable(interrupts.fd()));
  ::raise(SIGINT);
  EXPECT_EQ(interrupts.count(), 1);
  EXPECT_EQ(interrupts.signal(), SIGINT);
  EXPECT_TRUE(readable(interrupts.fd()));
  ::raise(SIGTERM);
  EXPECT_EQ(interrupts.count(), 2);
  EXPECT_EQ(interrupts.signal(), SIGINT);
}

TEST(Interrupts, StartsAnewAndRestoresWhatWasBefore) {
  std::signal(SIGHUP, SIG_IGN);
  for (int time = 0; time < 2; ++time) {
    const Interrupts interrupts;
    ::raise(SIGHUP);  // ignored before, as under nohup
    EXPECT_EQ(interrupts.count(), 0);
    ::raise(SIGINT);
    EXPECT_EQ(interrupts.count(), 1);
  }
  EXPECT_EQ(std::signal(SIGHUP, SIG_DFL), SIG_IGN);
  EXPECT_EQ(std::signal(SIGINT, SIG_DFL), SIG_DFL);
}

TEST(Interrupts, TheThirdEndsAProcessThatHangs) {
  const pid_t child = ::fork();
  if (child == 0) {
    const Interrupts interrupts;
    for (int i = 0; i < 3; ++i) ::raise(SIGTERM);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

}  // namespace
}  // namespace tidemark
