#include "tools/pressure/engine/loop.h"

#include <gmock/gmock.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <vector>

namespace tidemark::pressure {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

int ready_descriptor() { return eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC); }

TEST(Loop, RunsTimersInTheOrderOfTheirTimesThenOfTheirSetting) {
  Loop loop;
  std::string order;
  const Time now = loop.now();
  loop.at(now + 2 * kMillisecond, [&] { order += 'c'; });
  loop.at(now + kMillisecond, [&] { order += 'a'; });
  loop.at(now + kMillisecond, [&] { order += 'b'; });
  loop.at(now + 3 * kMillisecond, [&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(order, "abc");
}

TEST(Loop, ACancelledTimerDoesNotRunAndItsIdMeansNoOther) {
  Loop loop;
  int runs = 0;
  const Loop::TimerId cancelled = loop.at(loop.now(), [&] { ++runs; });
  loop.cancel(cancelled);
  loop.at(loop.now(), [&] { runs += 10; });
  loop.cancel(cancelled);
  loop.at(loop.now() + kMillisecond, [&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(runs, 10);
}

TEST(Loop, ManyCancelledTimersLeaveTheOthersAlone) {
  Loop loop;
  int runs = 0;
  std::vector<Loop::TimerId> timers;
  for (int i = 0; i < 1000; ++i) timers.push_back(loop.at(loop.now() + i, [&] { ++runs; }));
  for (std::size_t i = 0; i < timers.size(); ++i) {
    if (i % 10 != 0) loop.cancel(timers[i]);
  }
  loop.at(loop.now() + kMillisecond, [&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(runs, 100);
}

TEST(Loop, ATimerIsNeverEarly) {
  Loop loop;
  std::vector<Time> late;
  for (int i = 1; i <= 20; ++i) {
    const Time due = loop.now() + i * kMillisecond;
    loop.at(due, [&late, &loop, due] { late.push_back(loop.refresh() - due); });
  }
  loop.at(loop.now() + 21 * kMillisecond, [&] { loop.stop(); });
  loop.run();
  std::ranges::sort(late);
  EXPECT_GE(late.front(), 0);
  EXPECT_LT(late.front(), 500'000);
}

TEST(Loop, ATimerThatSetsItselfForNowLeavesRoomForDescriptors) {
  Loop loop;
  const int fd = ready_descriptor();
  std::function<void()> again = [&] { loop.at(loop.now(), again); };
  again();
  loop.watch(fd, EPOLLIN, [&](std::uint32_t) { loop.stop(); });
  loop.run();
  loop.forget(fd);
  close(fd);
}

TEST(Loop, WhatWasReadyAndIsForgottenIsNotReported) {
  Loop loop;
  const std::array<int, 2> fds = {ready_descriptor(), ready_descriptor()};
  std::vector<int> reported;
  for (const int fd : fds) {
    loop.watch(fd, EPOLLIN, [&, fd](std::uint32_t) {
      reported.push_back(fd);
      for (const int each : fds) loop.forget(each);
      loop.stop();
    });
  }
  loop.run();
  EXPECT_THAT(reported, SizeIs(1));
  for (const int fd : fds) close(fd);
}

TEST(Loop, ADescriptorReusedInTheSameBatchIsNotReportedForItsFormerOwner) {
  Loop loop;
  std::array<int, 2> fds = {ready_descriptor(), ready_descriptor()};
  std::string reported;
  const auto take_over = [&](int fd) {
    loop.forget(fd);
    close(fd);
    const int fresh = eventfd(0, EFD_CLOEXEC);  // not ready, and the same number
    EXPECT_EQ(fresh, fd);
    loop.watch(fresh, EPOLLIN, [&](std::uint32_t) { reported += "fresh "; });
  };
  bool done = false;
  for (std::size_t i = 0; i < 2; ++i) {
    loop.watch(fds.at(i), EPOLLIN, [&, i](std::uint32_t) {
      reported += "first ";
      if (!done) take_over(fds.at(1 - i));
      done = true;
      loop.forget(fds.at(i));
      loop.at(loop.now() + kMillisecond, [&] { loop.stop(); });
    });
  }
  loop.run();
  EXPECT_EQ(reported, "first ");
  for (const int fd : fds) {
    loop.forget(fd);
    close(fd);
  }
}

TEST(Loop, AFunctionThatForgetsItselfMayGoOn) {
  Loop loop;
  const int fd = ready_descriptor();
  const std::string text(100, 'x');
  std::string copied;
  loop.watch(fd, EPOLLIN, [&loop, &copied, fd, text](std::uint32_t) {
    loop.forget(fd);
    loop.watch(500, EPOLLIN, {});
    copied = text;
    loop.stop();
  });
  ASSERT_EQ(dup2(fd, 500), 500);
  loop.run();
  EXPECT_EQ(copied, text);
  loop.forget(500);
  close(500);
  close(fd);
}

TEST(Loop, SpinsOnlyBeforeTimers) {
  Loop loop;
  loop.spin_before_timers(200'000);
  std::vector<Time> late;
  for (int i = 1; i <= 10; ++i) {
    const Time due = loop.now() + i * kMillisecond;
    loop.at(due, [&late, &loop, due] { late.push_back(loop.refresh() - due); });
  }
  loop.at(loop.now() + 11 * kMillisecond, [&] { loop.stop(); });
  loop.run();
  std::ranges::sort(late);
  EXPECT_GE(late.front(), 0);
  EXPECT_LT(late.front(), 100'000);
}

// As valgrind and Linux before 5.11 are, for this process from now on.
bool lose_epoll_pwait2() {
  std::array<sock_filter, 4> steps = {{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_epoll_pwait2, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog program{.len = steps.size(), .filter = steps.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

TEST(Loop, WaitsAsWellWithoutEpollPwait2) {
  const auto work = [] {
    if (!lose_epoll_pwait2()) std::_Exit(2);
    Loop loop;
    const int fd = ready_descriptor();
    int reports = 0;
    loop.watch(fd, EPOLLIN, [&](std::uint32_t) {
      ++reports;
      loop.forget(fd);
    });
    const Time due = loop.now() + 2 * kMillisecond + kMillisecond / 2;
    loop.at(due, [&] { loop.stop(); });
    loop.run();
    close(fd);
    const Time late = loop.refresh() - due;
    std::_Exit(reports == 1 && late >= 0 && late < 20 * kMillisecond ? 0 : 1);
  };
  EXPECT_EXIT(work(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace tidemark::pressure
