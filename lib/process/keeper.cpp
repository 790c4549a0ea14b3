#include "lib/process/keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <initializer_list>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/process/watch.h"

namespace tidemark {
namespace {

using Clock = std::chrono::steady_clock;

// How long the anchor lets the keeper do its work once the owner is gone: the
// keeper's own grace of 2 s, and some.
constexpr std::chrono::seconds kKeepersTime{3};
constexpr std::chrono::seconds kAnchorsTime{10};

// Everything that a fork of us needs: no file is left out by accident.
struct Ends {
  Descriptor owner;    // the channel
  Descriptor keeper;   // its other end
  Descriptor alive;    // the lifeline: the owner's end
  Descriptor watched;  // the anchor's
};

Ends make_ends() {
  int channel[2] = {};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) != 0) {
    throw errno_error("cannot make a channel to a keeper");
  }
  Ends ends{.owner = Descriptor(channel[0]), .keeper = Descriptor(channel[1])};
  int lifeline[2] = {};
  if (::pipe2(lifeline, O_CLOEXEC) != 0) throw errno_error("cannot make a lifeline to a keeper");
  ends.watched = Descriptor(lifeline[0]);
  ends.alive = Descriptor(lifeline[1]);
  return ends;
}

// All signals blocked while it lives: a fork of us must not run our handlers.
class Quiet {
 public:
  Quiet() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;
  ~Quiet() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

void close_all_but(std::initializer_list<int> kept) {
  std::vector<int> sorted(kept);
  std::ranges::sort(sorted);
  unsigned first = 3;
  for (const int fd : sorted) {
    const auto keep = static_cast<unsigned>(fd);
    if (keep > first) ::close_range(first, keep - 1, 0);
    if (keep >= first) first = keep + 1;
  }
  ::close_range(first, ~0U, 0);
}

// What anchor and keeper have in common. Nothing but their own descriptors
// moves them: no terminal, no signals (all stay blocked and come by signalfd).
// Returns that signalfd.
int become_guardian() {
  ::prctl(PR_SET_NAME, "tidemark-keeper");
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &standard, nullptr);
  sigset_t ours;
  ::sigemptyset(&ours);
  ::sigaddset(&ours, SIGCHLD);
  ::sigaddset(&ours, SIGUSR1);
  return ::signalfd(-1, &ours, SFD_NONBLOCK | SFD_CLOEXEC);
}

[[noreturn]] void be_keeper(int channel, const Launch& what) {
  const int signals = become_guardian();
  Report report{.keeper = ::getpid()};
  try {
    report.pid = launch(what);
  } catch (const Error& error) {
    report.kind = Report::Kind::kNotStarted;
    std::string_view(error.what()).copy(report.text.data(), report.text.size() - 1);
    error.hint().copy(report.hint.data(), report.hint.size() - 1);
  }
  ::close(what.output);
  ::close(what.errors);
  if (::chdir("/") != 0) ::_exit(1);  // hold no file system busy
  ::send(channel, &report, sizeof report, MSG_NOSIGNAL);
  Watch(channel, signals, report.pid).run();
  ::_exit(0);
}

// Whether the keeper ended.
bool reap_until(pid_t keeper) {
  while (true) {
    const pid_t pid = ::waitpid(-1, nullptr, WNOHANG);
    if (pid == keeper) return true;
    if (pid < 0 && errno == EINTR) continue;
    if (pid <= 0) return pid < 0;
  }
}

void kill_descendants() {
  const auto deadline = Clock::now() + kAnchorsTime;
  Massacre massacre;
  while (::waitpid(-1, nullptr, WNOHANG) >= 0 && Clock::now() < deadline) {
    massacre.attempt();
    while (::waitpid(-1, nullptr, WNOHANG) > 0) continue;
    ::poll(nullptr, 0, 5);
  }
}

[[noreturn]] void be_anchor(int lifeline, int signals, pid_t keeper) {
  std::optional<Clock::time_point> deadline;
  while (!reap_until(keeper)) {
    if (deadline && Clock::now() >= *deadline) break;
    pollfd events[2] = {{.fd = deadline ? -1 : lifeline, .events = POLLIN},
                        {.fd = signals, .events = POLLIN}};
    ::poll(events, 2, deadline ? 100 : -1);
    if (events[0].revents != 0) deadline = Clock::now() + kKeepersTime;  // the owner is gone
    signalfd_siginfo signal{};
    while (::read(signals, &signal, sizeof signal) > 0) continue;
  }
  kill_descendants();
  ::_exit(0);
}

[[noreturn]] void start_both(const Ends& ends, const Launch& what) {
  ::setsid();
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd < 3; ++fd) {
    if (fd != what.output && fd != what.errors) ::dup2(nothing, fd);
  }
  close_all_but({ends.keeper.get(), ends.watched.get(), what.output, what.errors});
  const int signals = become_guardian();
  const pid_t anchor = ::getpid();
  const pid_t keeper = ::fork();
  if (keeper < 0) ::_exit(1);
  if (keeper == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGUSR1);
    if (::getppid() != anchor) ::_exit(1);
    ::close(ends.watched.get());
    ::close(signals);
    be_keeper(ends.keeper.get(), what);
  }
  close_all_but({ends.watched.get(), signals});
  if (::chdir("/") != 0) ::_exit(1);
  be_anchor(ends.watched.get(), signals, keeper);
}

}  // namespace

Keeper start_keeper(const Launch& what) {
  Ends ends = make_ends();
  pid_t anchor = -1;
  {
    const Quiet quiet;
    anchor = ::fork();
    if (anchor == 0) start_both(ends, what);
  }
  if (anchor < 0) throw errno_error("cannot start a keeper");
  ends.keeper.reset();
  ends.watched.reset();

  Report report;
  ssize_t count = -1;
  do {
    count = ::recv(ends.owner.get(), &report, sizeof report, 0);
  } while (count < 0 && errno == EINTR);
  if (count == sizeof report && report.kind == Report::Kind::kStarted) {
    return {.channel = std::move(ends.owner),
            .lifeline = std::move(ends.alive),
            .anchor = anchor,
            .keeper = report.keeper,
            .root = report.pid};
  }
  ends = {};
  while (::waitpid(anchor, nullptr, 0) < 0 && errno == EINTR) continue;
  if (count != sizeof report) throw Error("the keeper ended before it could start the program");
  throw Error(report.text.data(), report.hint.data());
}

}  // namespace tidemark
