#include "tools/pressure/reach.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "lib/base/file.h"

namespace tidemark::pressure {
namespace {

constexpr std::chrono::milliseconds kAttempt{1000};
constexpr std::chrono::milliseconds kBetween{50};

// One attempt; why it failed, or empty.
std::string attempt(const Addresses& addresses, std::size_t number) {
  const Descriptor fd(addresses.connect(number));
  if (!fd) return std::strerror(errno);
  pollfd event{.fd = fd.get(), .events = POLLOUT, .revents = 0};
  if (::poll(&event, 1, static_cast<int>(kAttempt.count())) <= 0) return "no answer";
  int problem = 0;
  socklen_t size = sizeof problem;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &problem, &size) != 0) problem = errno;
  return problem == 0 ? "" : std::strerror(problem);
}

}  // namespace

std::string wait_until_reachable(const Addresses& addresses, std::chrono::milliseconds limit,
                                 const std::function<bool()>& give_up) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end = Clock::now() + limit;
  for (std::size_t number = 0;; ++number) {
    std::string seen = attempt(addresses, number);
    if (seen.empty() || Clock::now() >= end) return seen;
    if (give_up()) return "interrupted";
    ::poll(nullptr, 0, static_cast<int>(kBetween.count()));
  }
}

}  // namespace tidemark::pressure
