// How a tree is kept together.
//
//   owner (us) ──> anchor ──> keeper ──> root ──> ...
//
// The owner forks the anchor, which forks the keeper, which starts the root.
// Both are subreapers: whatever loses its parent below the keeper, by a double
// fork, with setsid or not, becomes the keeper's child and stays below it. So
// the tree is always "all descendants of the keeper", and it is gone when the
// keeper has no child left (waitpid says ECHILD), which no race can hide.
//
//   who dies   who notices                          what happens
//   owner      the keeper: its channel closes       SIGTERM, 2 s for a report, SIGKILL
//   keeper     the kernel; the anchor: SIGCHLD      the root is killed (parent-death signal),
//                                                   the rest is the anchor's and killed
//   anchor     the keeper: parent-death signal      as if the owner had died
//
// and the owner reads of it as the end of the channel. Only somebody who kills
// owner, anchor and keeper at the same moment leaves daemonised descendants.
//
// Why not a cgroup: to make one needs root or a delegation that a CI container
// does not have, and cgroup.kill needs version 2. Why not only the parent-death
// signal: it reaches the root and nothing that the root starts.

#include "lib/process/tree.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/numbers.h"
#include "lib/process/keeper.h"
#include "lib/process/launch.h"

namespace tidemark {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kMostOutput = std::size_t{16} << 20;

Descriptor open_output(const std::filesystem::path& path) {
  const std::filesystem::path file = path.empty() ? "/dev/null" : path;
  Descriptor fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644));
  if (!fd) throw errno_error(file.string());
  return fd;
}

// How often the kernel's out-of-memory killer struck since boot.
std::int64_t oom_kills() {
  const std::string text = read_kernel_file("/proc/vmstat").value_or("");
  const std::string_view key = "\noom_kill ";
  const std::size_t at = text.find(key);
  if (at == std::string::npos) return 0;
  const std::size_t start = at + key.size();
  return to_number(std::string_view(text).substr(start, text.find('\n', start) - start))
      .value_or(0);
}

std::string describe(int signal) {
  const char* const name = ::sigabbrev_np(signal);
  const char* const words = ::sigdescr_np(signal);
  if (name == nullptr || words == nullptr) return fmt::format("signal {}", signal);
  return fmt::format("SIG{} ({})", name, words);
}

End signalled(int status, std::int64_t oom_kills_before) {
  const int signal = WTERMSIG(status);
  std::string why = "ended by " + describe(signal);
  if (signal == SIGKILL) {
    why += oom_kills() > oom_kills_before
               ? ": the kernel ran out of memory meanwhile and killed something"
               : ", which we did not send";
  }
  if (WCOREDUMP(status)) why += ", core dumped";
  return {.kind = EndKind::kSignalled, .code = signal, .why = std::move(why)};
}

End end_from(const Report& report, std::int64_t oom_kills_before) {
  const int status = report.status;
  const int code = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  if (report.killed && code == -SIGKILL) {
    return {.kind = EndKind::kKilled, .code = SIGKILL, .why = "killed"};
  }
  if (report.asked) {
    std::string why = WIFSIGNALED(status) ? "stopped by " + describe(-code)
                                          : fmt::format("stopped, exit code {}", code);
    return {.kind = EndKind::kStopped, .code = code, .why = std::move(why)};
  }
  if (WIFSIGNALED(status)) return signalled(status, oom_kills_before);
  return {.kind = EndKind::kExited, .code = code, .why = fmt::format("exit code {}", code)};
}

}  // namespace

struct Tree::State {
  explicit State(Keeper started) : keeper(std::move(started)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  void order(const Order& order) const;
  void receive(milliseconds limit);
  void note(const Report& report);
  void lose_keeper();
  bool over() const { return nothing_left || !stuck.empty(); }

  Keeper keeper;
  std::int64_t oom_kills_before = oom_kills();
  std::optional<End> end;     // the root's
  bool nothing_left = false;  // of the tree
  int killed = 0;             // how many of it by us
  std::string stuck;          // what does not end
};

Tree::State::~State() {
  if (!over()) order({.kind = Order::Kind::kStop, .signal = SIGKILL, .ask = 0, .grace_ms = 0});
  while (!over()) receive(milliseconds{-1});
  keeper.channel.reset();
  keeper.lifeline.reset();
  // With a stuck process below it the anchor takes a while, and ends by itself.
  const int flags = stuck.empty() ? 0 : WNOHANG;
  while (::waitpid(keeper.anchor, nullptr, flags) < 0 && errno == EINTR) continue;
}

void Tree::State::order(const Order& order) const {
  // Fails when the keeper is gone; receive() notices that.
  ::send(keeper.channel.get(), &order, sizeof order, MSG_NOSIGNAL);
}

// Takes in what the keeper has reported, waiting for the first at most `limit`
// (for ever when it is negative).
void Tree::State::receive(milliseconds limit) {
  if (nothing_left) return;
  pollfd event{.fd = keeper.channel.get(), .events = POLLIN};
  ::poll(&event, 1, static_cast<int>(std::min(limit, milliseconds{1'000'000}).count()));
  while (!nothing_left) {
    Report report;
    const ssize_t count = ::recv(keeper.channel.get(), &report, sizeof report, MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count == sizeof report) {
      note(report);
    } else {
      lose_keeper();
    }
  }
}

void Tree::State::note(const Report& report) {
  if (report.kind == Report::Kind::kEnded) end = end_from(report, oom_kills_before);
  if (report.kind == Report::Kind::kStuck) stuck = report.text.data();
  if (report.kind == Report::Kind::kNothingLeft) {
    nothing_left = true;
    killed = report.killed_others;
  }
}

// The channel closed without a last report: somebody killed the keeper. The
// anchor now kills the rest and ends.
void Tree::State::lose_keeper() {
  keeper.lifeline.reset();
  while (::waitpid(keeper.anchor, nullptr, 0) < 0 && errno == EINTR) continue;
  nothing_left = true;
  if (!end) {
    end = {.kind = EndKind::kSignalled,
           .code = SIGKILL,
           .why = "ended because somebody killed the process that watched over it"};
  }
}

Tree::Tree(std::unique_ptr<State> state) : state_(std::move(state)) {}
Tree::Tree(Tree&&) noexcept = default;
Tree& Tree::operator=(Tree&&) noexcept = default;
Tree::~Tree() = default;

Tree Tree::start(const Command& command, const TreeOptions& options) {
  Launch what = prepare(command);
  const Descriptor output = open_output(options.output);
  const bool shared = !options.errors.empty() && options.errors == options.output;
  const Descriptor errors = shared ? Descriptor() : open_output(options.errors);
  what.output = output.get();
  what.errors = shared ? output.get() : errors.get();
  what.open_files = options.open_files;
  what.cgroups = options.cgroups;
  return Tree(std::make_unique<State>(start_keeper(what)));
}

pid_t Tree::root() const { return state_->keeper.root; }

std::vector<ProcessStatus> Tree::processes() const {
  std::vector<ProcessStatus> result = descendants(state_->keeper.anchor);
  std::erase_if(result, [&](const ProcessStatus& status) {
    return status.state == 'Z' || status.pid == state_->keeper.keeper;
  });
  const auto root_process = std::ranges::find(result, root(), &ProcessStatus::pid);
  if (root_process != result.end()) std::rotate(result.begin(), root_process, root_process + 1);
  return result;
}

std::optional<End> Tree::ended() { return wait(milliseconds{0}); }

std::optional<End> Tree::wait(milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  state_->receive(milliseconds{0});
  while (!state_->end && Clock::now() < deadline) {
    state_->receive(std::chrono::ceil<milliseconds>(deadline - Clock::now()));
  }
  return state_->end;
}

void Tree::signal(int signal) { state_->order({.kind = Order::Kind::kSignal, .signal = signal}); }

End Tree::stop(const StopPlan& plan) {
  Order order{.kind = Order::Kind::kStop,
              .signal = plan.signal,
              .ask = plan.ask,
              .grace_ms = plan.grace.count()};
  state_->receive(milliseconds{0});
  if (!state_->over()) state_->order(order);
  while (!state_->over()) {
    state_->receive(milliseconds{plan.at_once ? 50 : -1});
    if (order.grace_ms > 0 && plan.at_once && plan.at_once()) {
      order.grace_ms = 0;
      state_->order(order);
    }
  }
  End end = state_->end.value_or(End{.kind = EndKind::kKilled, .code = SIGKILL, .why = "killed"});
  if (end.kind == EndKind::kKilled) {
    end.why =
        plan.grace.count() > 0
            ? fmt::format("did not stop within {:g} s of {}, so it was killed",
                          static_cast<double>(plan.grace.count()) / 1000.0, describe(plan.signal))
            : "killed";
  }
  const int others = state_->killed - (end.kind == EndKind::kKilled ? 1 : 0);
  if (others > 0) end.why += fmt::format("; {} of its processes had to be killed too", others);
  if (!state_->stuck.empty()) end.why += "; cannot end process " + state_->stuck;
  return end;
}

namespace {

struct Pipe {
  Descriptor from;
  Descriptor into;
};

Pipe make_pipe() {
  int ends[2] = {};
  if (::pipe2(ends, O_CLOEXEC) != 0) throw errno_error("cannot make a pipe");
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return {.from = Descriptor(ends[0]), .into = Descriptor(ends[1])};
}

// Takes what is there; closes `from` at its end.
void drain(Descriptor& from, std::string& into) {
  std::array<char, 1 << 16> buffer{};
  while (from) {
    const ssize_t count = ::read(from.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return from.reset();
    const auto room = kMostOutput - into.size();
    into.append(buffer.data(), std::min(room, static_cast<std::size_t>(count)));
  }
}

}  // namespace

Finished run_to_end(const Command& command, milliseconds limit) {
  Launch what = prepare(command);
  Pipe output = make_pipe();
  Pipe errors = make_pipe();
  what.output = output.into.get();
  what.errors = errors.into.get();
  Tree tree(std::make_unique<Tree::State>(start_keeper(what)));
  output.into.reset();
  errors.into.reset();

  Finished result;
  const auto deadline = Clock::now() + limit;
  while (!tree.ended() && Clock::now() < deadline) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    std::array<pollfd, 3> events = {{{.fd = output.from.get(), .events = POLLIN},
                                     {.fd = errors.from.get(), .events = POLLIN},
                                     {.fd = tree.state_->keeper.channel.get(), .events = POLLIN}}};
    ::poll(events.data(), events.size(),
           static_cast<int>(std::min<std::int64_t>(left.count(), 1'000'000)));
    drain(output.from, result.output);
    drain(errors.from, result.errors);
  }
  if (const std::optional<End> end = tree.ended()) {
    result.end = *end;
  } else {
    result.end = tree.stop({.signal = SIGKILL, .grace = milliseconds{0}});
    result.end.why = fmt::format("took longer than {:g} s, so it was killed",
                                 static_cast<double>(limit.count()) / 1000.0);
  }
  drain(output.from, result.output);
  drain(errors.from, result.errors);
  return result;
}

}  // namespace tidemark
