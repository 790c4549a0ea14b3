#include "lib/process/watch.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "lib/base/lines.h"
#include "lib/base/numbers.h"

extern "C" {
#include <sys/pidfd.h>  // without an extern "C" of its own in glibc 2.36
}

namespace tidemark {
namespace {

using std::chrono::milliseconds;

// What a tree gets whose owner died: time for a profiler to write its report.
constexpr Order kOwnerDied = {
    .kind = Order::Kind::kStop, .signal = SIGTERM, .ask = 0, .grace_ms = 2000};

// A process that lives this long after a SIGKILL is not ours to end.
constexpr milliseconds kStuckAfter{10'000};

constexpr int kStopRounds = 500;

bool terminates(int signal) { return signal == SIGTERM || signal == SIGINT || signal == SIGQUIT; }

}  // namespace

bool send_signal(const ProcessStatus& status, int signal) {
  const Descriptor process(::pidfd_open(status.pid, 0));
  if (!process) return true;  // gone
  const auto now = process_status(status.pid);
  if (!now || now->start_ticks != status.start_ticks) return true;
  return ::pidfd_send_signal(process.get(), signal, nullptr, 0) == 0 || errno != EPERM;
}

void Massacre::attempt() {
  stopped_.clear();
  for (int round = 0; round < kStopRounds; ++round) {
    if (!stop_children() && !stop_descendants()) break;
  }
  for (const auto& [pid, known] : stopped_) kill(pid, known);
}

// The fast path, one read of a small file. A chain of processes that fork a
// successor and end lives shorter than a scan of /proc takes, but each link is
// our child from the moment its predecessor ends. Whether any was new.
bool Massacre::stop_children() {
  const std::string children = read_kernel_file("/proc/thread-self/children").value_or("");
  bool any = false;
  for (std::size_t start = 0; start < children.size();) {
    const std::size_t end = std::min(children.find(' ', start), children.size());
    const auto number = to_number(std::string_view(children).substr(start, end - start));
    const auto pid = static_cast<pid_t>(number.value_or(0));
    start = end + 1;
    if (pid <= 0 || !stopped_.try_emplace(pid).second) continue;
    ::kill(pid, SIGSTOP);
    any = true;
  }
  return any;
}

bool Massacre::stop_descendants() {
  bool any = false;
  for (const ProcessStatus& status : descendants(::getpid())) {
    if (status.state == 'Z' || !stopped_.try_emplace(status.pid, status).second) continue;
    send_signal(status, SIGSTOP);
    any = true;
  }
  return any;
}

void Massacre::kill(pid_t pid, const std::optional<ProcessStatus>& known) {
  const auto status = known ? known : process_status(pid);
  if (!status || status->state == 'Z') return;
  if (send_signal(*status, SIGKILL)) {
    killed_.insert(pid);
  } else {
    refused_ = fmt::format("{} ({})", pid, printable(status->name));
  }
}

void Watch::run() {
  while (true) {
    reap();
    if (nothing_left_) break;
    if (stop_ && Clock::now() >= deadline_) {
      kill_all();
    } else if (stop_ && stands_ == 0) {
      ask_orphans();
    }
    wait();
    obey();
  }
  const auto killed = static_cast<int>(massacre_.count());
  report({.kind = Report::Kind::kNothingLeft, .killed_others = killed});
}

// Waits for an order, the end of a child or the next thing to do.
void Watch::wait() {
  milliseconds limit{-1};
  if (stop_ && Clock::now() >= deadline_) {
    limit = said_stuck_ ? milliseconds{1000} : milliseconds{10};
  } else if (stop_) {
    // Nobody tells us of new orphans, so look for them several times a second.
    const auto left = std::chrono::ceil<milliseconds>(deadline_ - Clock::now());
    limit = std::min(left, milliseconds{50});
  }
  std::array<pollfd, 2> events = {
      {{.fd = channel_, .events = POLLIN}, {.fd = signals_, .events = POLLIN}}};
  ::poll(events.data(), events.size(), static_cast<int>(limit.count()));

  signalfd_siginfo signal{};
  while (::read(signals_, &signal, sizeof signal) == sizeof signal) {
    if (signal.ssi_signo == SIGUSR1) lose_owner();  // the anchor died
  }
}

void Watch::obey() {
  while (channel_ >= 0) {
    Order order;
    const ssize_t count = ::recv(channel_, &order, sizeof order, MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count == sizeof order) {
      follow(order);
    } else {
      channel_ = -1;
      lose_owner();
    }
  }
}

void Watch::lose_owner() {
  if (!stop_) follow(kOwnerDied);
  // It may have allowed a long grace that nobody waits for any more.
  deadline_ = std::min(deadline_, Clock::now() + milliseconds{kOwnerDied.grace_ms});
}

void Watch::follow(const Order& order) {
  if (order.kind == Order::Kind::kSignal) {
    sent_.insert(order.signal);
    if (stands_ != 0) ::kill(stands_, order.signal);
    return;
  }
  reap();  // who daemonised before we ask did so by itself, and has an heir to ask
  stop_ = order;
  deadline_ = Clock::now() + milliseconds{order.grace_ms};
  if (order.grace_ms <= 0) return;
  const pid_t whom = order.ask != 0 ? order.ask : stands_;
  for (const ProcessStatus& status : descendants(::getpid())) {
    if (status.pid == whom) {
      ask(status);
    } else if (status.state == 'T') {
      send_signal(status, SIGCONT);
    }
  }
}

void Watch::ask(const ProcessStatus& status) {
  asked_.insert(status.pid);
  send_signal(status, stop_->signal);
  send_signal(status, SIGCONT);
}

void Watch::ask_orphans() {
  for (const ProcessStatus& status : descendants(::getpid())) {
    const bool orphan = status.parent == ::getpid() && status.state != 'Z';
    if (orphan && !asked_.contains(status.pid)) ask(status);
  }
}

void Watch::reap() {
  std::optional<int> ended;
  while (true) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid < 0 && errno == EINTR) continue;
    if (pid < 0) nothing_left_ = true;  // ECHILD: and who has no children has no descendants
    if (pid <= 0) break;
    if (pid == stands_) ended = status;
  }
  if (!ended) return;
  if (*ended == 0 && !stop_ && !nothing_left_) {
    // It daemonised. By now the kernel has made its children ours.
    const std::vector<ProcessStatus> tree = descendants(::getpid());
    const auto heir = std::ranges::find(tree, ::getpid(), &ProcessStatus::parent);
    if (heir != tree.end()) {
      stands_ = heir->pid;
      return;
    }
  }
  report_end(*ended);
}

void Watch::report_end(int status) {
  const bool by_ours = WIFSIGNALED(status) && sent_.contains(WTERMSIG(status));
  report({.kind = Report::Kind::kEnded,
          .pid = stands_,
          .status = status,
          .asked = stop_ || by_ours || std::ranges::any_of(sent_, terminates),
          .killed = massacre_.hit(stands_)});
  stands_ = 0;
}

void Watch::kill_all() {
  massacre_.attempt();
  if (said_stuck_ || Clock::now() < deadline_ + kStuckAfter) {
    // The owner is gone and nothing that we do helps.
    if (said_stuck_ && channel_ < 0) ::_exit(1);
    return;
  }
  said_stuck_ = true;
  std::string who = massacre_.refused();
  const std::vector<ProcessStatus> tree = descendants(::getpid());
  if (who.empty() && !tree.empty())
    who = fmt::format("{} ({})", tree[0].pid, printable(tree[0].name));
  Report stuck{.kind = Report::Kind::kStuck};
  who.copy(stuck.text.data(), stuck.text.size() - 1);
  report(stuck);
}

void Watch::report(const Report& report) const {
  if (channel_ >= 0) ::send(channel_, &report, sizeof report, MSG_NOSIGNAL);
}

}  // namespace tidemark
