#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace tidemark::pressure {

// Nanoseconds of CLOCK_MONOTONIC.
using Time = std::int64_t;
constexpr Time kSecond = 1'000'000'000;
constexpr Time kMillisecond = 1'000'000;

// One thread's wait for file descriptors and moments (epoll; timers to a few
// microseconds). All functions are called on the thread of run().
//
//   Loop loop;  loop.watch(fd, EPOLLIN, ...);  loop.at(when, ...);  loop.run();
class Loop {
 public:
  using Ready = std::function<void(std::uint32_t events)>;  // EPOLLIN, EPOLLOUT, EPOLLERR, ...
  enum class TimerId : std::uint64_t { kNone = 0 };

  Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();

  // As of the last wake-up; refresh() reads the clock.
  Time now() const { return now_; }
  Time refresh();

  // Calls `ready` as long as one of `events` holds (level-triggered). REQUIRES: `fd` is
  // not watched. Throws Error: no room for one more.
  void watch(int fd, std::uint32_t events, Ready ready);
  void change(int fd, std::uint32_t events);
  // Call it before `fd` is closed; what was ready already is not reported any more. May
  // be called inside `ready`, also for the descriptor that it is about.
  void forget(int fd);

  // Calls `work` once at `when`, or at once when that is over. Timers of one moment run
  // in the order in which they were set.
  TimerId at(Time when, std::function<void()> work);
  void cancel(TimerId timer);  // nothing happens when it ran already

  // Waits by spinning for so long before a timer is due: exact to about a microsecond,
  // paid with CPU time. 0 by default.
  void spin_before_timers(Time ns);

  // Until stop(). Signals that are to end the run are the caller's: a signalfd is a
  // descriptor like any other.
  void run();
  void stop();

 private:
  struct State;
  Time now_ = 0;
  std::unique_ptr<State> state_;
};

}  // namespace tidemark::pressure
