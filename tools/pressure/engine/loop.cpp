#include "tools/pressure/engine/loop.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <ctime>
#include <deque>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "lib/base/error.h"

namespace tidemark::pressure {
namespace {

constexpr int kBatch = 256;

Time clock_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

// A descriptor that is watched. Its generation goes into epoll's data, so that what was
// reported about the descriptor's former owner is told apart.
struct Slot {
  std::uint32_t generation = 0;
  bool watched = false;
  Loop::Ready ready;
};

struct Timer {
  Time when = 0;
  std::uint64_t sequence = 0;
  std::uint32_t work = 0;        // its place in `works`
  std::uint32_t generation = 0;  // of that place: another one when it was cancelled
};

struct Work {
  std::uint32_t generation = 0;
  std::function<void()> run;
};

// For std::*_heap: the earliest is on top.
bool later(const Timer& a, const Timer& b) {
  return a.when != b.when ? a.when > b.when : a.sequence > b.sequence;
}

std::uint64_t key_of(int fd, std::uint32_t generation) {
  return (std::uint64_t{generation} << 32) | static_cast<std::uint32_t>(fd);
}

}  // namespace

struct Loop::State {
  int epoll = -1;
  bool stopped = false;
  Time spin = 0;
  std::deque<Slot> slots;     // by descriptor; a deque, for a slot's function may add slots
  int running = -1;           // the descriptor whose function runs
  Ready doomed;               // that function, when it was forgotten meanwhile
  std::vector<Timer> timers;  // a heap
  std::deque<Work> works;
  std::vector<std::uint32_t> free_works;
  std::size_t cancelled = 0;  // of `timers`
  std::uint64_t sequence = 0;
  bool has_pwait2 = true;  // until it is seen to be missing

  Slot& slot(int fd) { return slots[static_cast<std::size_t>(fd)]; }

  void control(int operation, int fd, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = key_of(fd, slot(fd).generation);
    if (epoll_ctl(epoll, operation, fd, &event) != 0) throw errno_error("epoll_ctl");
  }

  bool is_cancelled(const Timer& timer) const {
    return works[timer.work].generation != timer.generation;
  }

  void release(std::uint32_t work) {
    ++works[work].generation;
    works[work].run = nullptr;
  }

  void pop_timer() {
    std::ranges::pop_heap(timers, later);
    timers.pop_back();
  }

  // The next timer that is still to run.
  std::optional<Timer> next_timer() {
    while (!timers.empty() && is_cancelled(timers.front())) {
      free_works.push_back(timers.front().work);
      --cancelled;
      pop_timer();
    }
    if (timers.empty()) return std::nullopt;
    return timers.front();
  }

  // Cancelled timers stay in the heap until their time, but never more than others.
  void sweep_timers() {
    if (cancelled < 64 || cancelled * 2 < timers.size()) return;
    std::erase_if(timers, [&](const Timer& timer) {
      if (!is_cancelled(timer)) return false;
      free_works.push_back(timer.work);
      return true;
    });
    std::ranges::make_heap(timers, later);
    cancelled = 0;
  }

  // Timers that the work sets for now wait for the next round: descriptors come first.
  void run_timers(Time now) {
    const std::uint64_t newer = sequence;
    while (!stopped) {
      const std::optional<Timer> next = next_timer();
      if (!next || next->when > now || next->sequence >= newer) return;
      const std::function<void()> work = std::move(works[next->work].run);
      pop_timer();
      release(next->work);
      free_works.push_back(next->work);
      work();
    }
  }

  void dispatch(const epoll_event& event) {
    const int fd = static_cast<int>(event.data.u64 & 0xffffffff);
    Slot& ready = slot(fd);
    if (!ready.watched || ready.generation != event.data.u64 >> 32) return;
    running = fd;
    ready.ready(event.events);
    running = -1;
    if (doomed) doomed = nullptr;
  }

  // How long to wait for descriptors at `now`; nothing: until one is ready.
  std::optional<Time> wait_time(Time now) {
    const std::optional<Timer> next = next_timer();
    if (!next) return std::nullopt;
    return std::max<Time>(0, next->when - now - spin);
  }

  // Puts what is ready into `events`; how many, or -1 and errno. No limit: for ever.
  int wait(std::span<epoll_event> events, const timespec* limit) {
    const int most = static_cast<int>(events.size());
    if (has_pwait2) {
      const int ready = epoll_pwait2(epoll, events.data(), most, limit, nullptr);
      if (ready >= 0 || errno != ENOSYS) return ready;
      has_pwait2 = false;
    }
    // Linux before 5.11, and valgrind: one call more, and as exact.
    pollfd itself{.fd = epoll, .events = POLLIN, .revents = 0};
    if (ppoll(&itself, 1, limit, nullptr) < 0) return -1;
    return epoll_wait(epoll, events.data(), most, 0);
  }
};

Loop::Loop() : state_(std::make_unique<State>()) {
  state_->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (state_->epoll < 0) throw errno_error("epoll_create1");
  // The kernel may put a wake-up off by 50 us to save energy: ten times a fast answer.
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  refresh();
}

Loop::~Loop() { close(state_->epoll); }

Time Loop::refresh() { return now_ = clock_now(); }

void Loop::watch(int fd, std::uint32_t events, Ready ready) {
  if (state_->slots.size() <= static_cast<std::size_t>(fd)) {
    state_->slots.resize(static_cast<std::size_t>(fd) + 1);
  }
  state_->control(EPOLL_CTL_ADD, fd, events);
  Slot& slot = state_->slot(fd);
  slot.watched = true;
  slot.ready = std::move(ready);
}

void Loop::change(int fd, std::uint32_t events) { state_->control(EPOLL_CTL_MOD, fd, events); }

void Loop::forget(int fd) {
  Slot& slot = state_->slot(fd);
  if (!slot.watched) return;
  epoll_ctl(state_->epoll, EPOLL_CTL_DEL, fd, nullptr);
  slot.watched = false;
  ++slot.generation;
  if (fd == state_->running) {
    state_->doomed = std::move(slot.ready);
    state_->running = -1;
  }
  slot.ready = nullptr;
}

Loop::TimerId Loop::at(Time when, std::function<void()> work) {
  std::uint32_t place = 0;
  if (state_->free_works.empty()) {
    place = static_cast<std::uint32_t>(state_->works.size());
    // From 1 on, so that no timer is kNone.
    state_->works.push_back({.generation = 1});
  } else {
    place = state_->free_works.back();
    state_->free_works.pop_back();
  }
  Work& entry = state_->works[place];
  entry.run = std::move(work);
  state_->timers.push_back({.when = when,
                            .sequence = state_->sequence++,
                            .work = place,
                            .generation = entry.generation});
  std::ranges::push_heap(state_->timers, later);
  return TimerId{(std::uint64_t{entry.generation} << 32) | place};
}

void Loop::cancel(TimerId timer) {
  const auto id = static_cast<std::uint64_t>(timer);
  const auto place = static_cast<std::uint32_t>(id);
  if (place >= state_->works.size() || state_->works[place].generation != id >> 32) return;
  state_->release(place);
  ++state_->cancelled;
  state_->sweep_timers();
}

void Loop::spin_before_timers(Time ns) { state_->spin = ns; }

void Loop::run() {
  State& state = *state_;
  std::array<epoll_event, kBatch> events{};
  state.stopped = false;
  while (!state.stopped) {
    const std::optional<Time> wait = state.wait_time(refresh());
    timespec limit{};
    if (wait) limit = {.tv_sec = *wait / kSecond, .tv_nsec = *wait % kSecond};
    const int ready = state.wait(events, wait ? &limit : nullptr);
    if (ready < 0 && errno != EINTR) throw errno_error("epoll_wait");
    refresh();
    for (int i = 0; i < ready && !state.stopped; ++i) {
      state.dispatch(events[static_cast<std::size_t>(i)]);
    }
    // What was read may have taken a while.
    if (!state.timers.empty()) state.run_timers(refresh());
  }
}

void Loop::stop() { state_->stopped = true; }

}  // namespace tidemark::pressure
