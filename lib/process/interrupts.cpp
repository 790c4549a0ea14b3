#include "lib/process/interrupts.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cassert>
#include <cerrno>
#include <cstdint>

#include "lib/base/error.h"

namespace tidemark {
namespace {

// What the signal handler touches: it has no other way to be told.
constinit std::atomic<int> arrived = 0;
constinit std::atomic<int> first = 0;
constinit std::atomic<int> event = -1;
static_assert(std::atomic<int>::is_always_lock_free, "used in a signal handler");

constexpr int kPatience = 3;

void on_signal(int signal) {
  const int saved = errno;
  int none = 0;
  first.compare_exchange_strong(none, signal);
  if (++arrived >= kPatience) {
    // Blocked while we are in here; it ends us when we return.
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL;
    ::sigaction(signal, &standard, nullptr);
    ::raise(signal);
  }
  const std::uint64_t one = 1;
  // Fails only when 2^64 - 1 signals wait.
  [[maybe_unused]] const ssize_t written = ::write(event, &one, sizeof one);
  errno = saved;
}

}  // namespace

Interrupts::Interrupts() {
  assert(event < 0);
  const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) throw errno_error("cannot watch for Ctrl-C");
  arrived = 0;
  first = 0;
  event = fd;
  struct sigaction ours {};
  ours.sa_handler = on_signal;
  ours.sa_flags = SA_RESTART;
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals[i], nullptr, &before_[i]);
    if (before_[i].sa_handler != SIG_IGN) ::sigaction(kSignals[i], &ours, nullptr);
  }
}

Interrupts::~Interrupts() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals[i], &before_[i], nullptr);
  }
  ::close(event.exchange(-1));
}

// NOLINTBEGIN(readability-convert-member-functions-to-static): they mean nothing without an object
int Interrupts::count() const { return arrived; }

int Interrupts::signal() const { return first; }

int Interrupts::fd() const { return event; }
// NOLINTEND(readability-convert-member-functions-to-static)

}  // namespace tidemark
