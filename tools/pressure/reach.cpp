#include "tools/pressure/reach.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "lib/base/file.h"
#include "tools/pressure/protocols/libpq.h"

namespace tidemark::pressure {
namespace {

constexpr std::chrono::milliseconds kAttempt{1000};
constexpr std::chrono::milliseconds kBetween{50};

// One attempt; why it failed, or empty.
std::string attempt_connection(const Addresses& addresses, std::size_t number) {
  const Descriptor fd(addresses.connect(number));
  if (!fd) return std::strerror(errno);
  pollfd event{.fd = fd.get(), .events = POLLOUT, .revents = 0};
  if (::poll(&event, 1, static_cast<int>(kAttempt.count())) <= 0) return "no answer";
  int problem = 0;
  socklen_t size = sizeof problem;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &problem, &size) != 0) problem = errno;
  return problem == 0 ? "" : std::strerror(problem);
}

std::string attempt_session(const std::string& words) {
  const char* names[] = {"gssencmode", "connect_timeout", "dbname", nullptr};
  const char* values[] = {"disable", "2", words.c_str(), nullptr};
  switch (libpq().ping_params(names, values, 1)) {
    case PQPING_OK:
    case PQPING_NO_ATTEMPT:  // what is wrong with the words is said when they are used
      return "";
    case PQPING_REJECT:
      return "it listens, and takes no connections yet";
    case PQPING_NO_RESPONSE:
      break;
  }
  return "no answer";
}

// Makes attempts until one gives no reason against it, or time is up.
template <class Attempt>
std::string wait_for(Attempt&& attempt, std::chrono::milliseconds limit,
                     const std::function<bool()>& give_up) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end = Clock::now() + limit;
  for (std::size_t number = 0;; ++number) {
    std::string seen = attempt(number);
    if (seen.empty() || Clock::now() >= end) return seen;
    if (give_up()) return "interrupted";
    ::poll(nullptr, 0, static_cast<int>(kBetween.count()));
  }
}

}  // namespace

std::string wait_until_reachable(const Addresses& addresses, std::chrono::milliseconds limit,
                                 const std::function<bool()>& give_up) {
  return wait_for([&](std::size_t number) { return attempt_connection(addresses, number); }, limit,
                  give_up);
}

std::string wait_until_it_serves(const std::string& words, std::chrono::milliseconds limit,
                                 const std::function<bool()>& give_up) {
  return wait_for([&](std::size_t) { return attempt_session(words); }, limit, give_up);
}

}  // namespace tidemark::pressure
