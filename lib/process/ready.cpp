#include "lib/process/ready.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/http/client.h"
#include "lib/process/line_pattern.h"
#include "lib/process/listeners.h"

namespace tidemark {
namespace {

using Clock = std::chrono::steady_clock;
using Kind = Readiness::Kind;

// An attempt that takes longer is given up and made anew.
constexpr std::chrono::seconds kLongestAttempt{30};
constexpr std::size_t kLongestLine = LinePattern::kLongestLine;
constexpr std::size_t kMostOutputACall = std::size_t{16} << 20;

// Reads what a file gained since the last call, line by line.
class Tail {
 public:
  explicit Tail(std::filesystem::path path) : path_(std::move(path)) {}

  // Whether a line, be it whole or the last one so far, matches.
  bool finds(const LinePattern& pattern) {
    if (path_.empty()) return false;
    const Descriptor fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    std::array<char, 1 << 16> buffer{};
    for (std::size_t taken = 0; fd && taken < kMostOutputACall;) {
      const ssize_t count = ::pread(fd.get(), buffer.data(), buffer.size(), offset_);
      if (count <= 0) break;
      offset_ += count;
      taken += static_cast<std::size_t>(count);
      if (take({buffer.data(), static_cast<std::size_t>(count)}, pattern)) return true;
    }
    return !line_.empty() && pattern.matches(line_);
  }

 private:
  bool take(std::string_view text, const LinePattern& pattern) {
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      const std::string_view part = text.substr(0, end);
      // The rest of an overlong line is not looked at.
      line_.append(part.substr(0, kLongestLine - std::min(line_.size(), kLongestLine)));
      if (end == std::string_view::npos) return false;
      if (pattern.matches(line_)) return true;
      line_.clear();
      text.remove_prefix(end + 1);
    }
    return false;
  }

  std::filesystem::path path_;
  off_t offset_ = 0;
  std::string line_;  // the last one, as far as it is there
};

struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;
  std::string text;
};

// `attempt` chooses between the two that localhost has.
Address address_of(const Readiness& readiness, int attempt) {
  std::string host = readiness.host;
  if (host == "localhost") host = attempt % 2 == 0 ? "127.0.0.1" : "::1";
  Address address;
  auto* const four = reinterpret_cast<sockaddr_in*>(&address.bytes);
  auto* const six = reinterpret_cast<sockaddr_in6*>(&address.bytes);
  if (::inet_pton(AF_INET, host.c_str(), &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(readiness.port);
    address.size = sizeof *four;
  } else {
    address.bytes = {};
    ::inet_pton(AF_INET6, host.c_str(), &six->sin6_addr);
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(readiness.port);
    address.size = sizeof *six;
    host = "[" + host + "]";
  }
  address.text = fmt::format("{}:{}", host, readiness.port);
  return address;
}

// Why a connection to `port` is not one to the tree; empty: it may well be.
std::string held_by_others(const Tree& tree, std::uint16_t port) {
  std::set<std::uint64_t> inodes;
  for (const Listener& listener : listeners(tree.root())) {
    if (listener.port == port) inodes.insert(listener.inode);
  }
  if (inodes.empty()) return "";
  const auto holds = [&](const std::set<std::uint64_t>& sockets) {
    return std::ranges::any_of(sockets,
                               [&](std::uint64_t inode) { return inodes.contains(inode); });
  };
  for (const ProcessStatus& status : tree.processes()) {
    const auto sockets = sockets_of(status.pid);
    if (!sockets || holds(*sockets)) return "";
  }
  for (const ProcessStatus& status : all_processes()) {
    const auto sockets = sockets_of(status.pid);
    if (sockets && holds(*sockets)) {
      return fmt::format("port {} is held by process {} ({}), which is not the target's", port,
                         status.pid, printable(status.name));
    }
  }
  return fmt::format("port {} is held by a process that is not the target's", port);
}

bool listens(const Tree& tree) {
  const std::vector<ProcessStatus> processes = tree.processes();
  if (processes.empty()) return false;
  std::set<std::uint64_t> inodes;
  for (const Listener& listener : listeners(processes[0].pid)) inodes.insert(listener.inode);
  for (const ProcessStatus& status : processes) {
    for (const std::uint64_t inode : sockets_of(status.pid).value_or(std::set<std::uint64_t>{})) {
      if (inodes.contains(inode)) return true;
    }
  }
  return false;
}

}  // namespace

struct ReadyProbe::State {
  bool attempt(const Tree& tree);
  bool runs_well();
  bool connects(const Tree& tree);
  bool connect();
  bool answers();
  bool fail(std::string what);

  Readiness readiness;
  std::vector<Tail> tails;
  std::optional<LinePattern> pattern;
  std::string seen = "not looked at yet";
  bool ready = false;

  int attempts = 0;
  Clock::time_point since;
  Descriptor socket;
  std::optional<http::Exchange> exchange;
  std::optional<Tree> command;
};

bool ReadyProbe::State::attempt(const Tree& tree) {
  switch (readiness.kind) {
    case Kind::kNone:
      return true;
    case Kind::kAuto:
      return listens(tree) || fail("none of its processes listens on a TCP port or a Unix socket");
    case Kind::kOutput:
      return std::ranges::any_of(tails, [&](Tail& tail) { return tail.finds(*pattern); }) ||
             fail("no line of its output matches " + tidemark::quoted(readiness.pattern));
    case Kind::kCommand:
      return runs_well();
    case Kind::kTcp:
    case Kind::kHttp:
      return connects(tree);
  }
  return false;
}

bool ReadyProbe::State::fail(std::string what) {
  seen = std::move(what);
  socket.reset();
  exchange.reset();
  command.reset();
  ++attempts;
  return false;
}

bool ReadyProbe::State::runs_well() {
  if (!command) {
    command = Tree::start({.arguments = readiness.command}, {});
    since = Clock::now();
  }
  const std::string name = tidemark::quoted(readiness.command.front());
  if (const auto end = command->ended()) {
    if (end->kind == EndKind::kExited && end->code == 0) return true;
    return fail(fmt::format("{}: {}", name, end->why));
  }
  if (Clock::now() - since > kLongestAttempt) return fail(name + ": took longer than 30 s");
  return false;
}

bool ReadyProbe::State::connects(const Tree& tree) {
  if (!socket) since = Clock::now();
  if (!(readiness.kind == Kind::kHttp ? answers() : connect())) return false;
  std::string others = held_by_others(tree, readiness.port);
  if (!others.empty()) return fail(std::move(others));
  socket.reset();
  exchange.reset();
  return true;
}

// Whether the connection stands.
bool ReadyProbe::State::connect() {
  const Address address = address_of(readiness, attempts);
  if (!socket) {
    const int family = address.bytes.ss_family;
    socket = Descriptor(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const auto* const bytes = reinterpret_cast<const sockaddr*>(&address.bytes);
    if (::connect(socket.get(), bytes, address.size) != 0 && errno != EINPROGRESS) {
      return fail(errno_error(address.text).what());
    }
  }
  pollfd event{.fd = socket.get(), .events = POLLOUT};
  if (::poll(&event, 1, 0) <= 0) {
    if (Clock::now() - since > kLongestAttempt) fail(address.text + ": no connection in 30 s");
    return false;
  }
  int problem = 0;
  socklen_t size = sizeof problem;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &problem, &size);
  if (problem != 0) return fail(errno_error(address.text, problem).what());
  return true;
}

// Whether the answer's first line says that all is well: "HTTP/1.1 200 OK".
bool ReadyProbe::State::answers() {
  try {
    if (!exchange) {
      exchange.emplace(http::Request{
          .url = {.host = readiness.host, .port = readiness.port, .target = readiness.path},
          .time = kLongestAttempt,
          .head_only = true});
    }
    if (!exchange->advance()) return false;
  } catch (const Error& problem) {
    return fail(problem.what());
  }
  const http::Response& response = exchange->response();
  if (response.status >= 200 && response.status <= 399) return true;
  return fail(fmt::format("{}: answered {} {}", readiness.text, response.status,
                          printable(response.reason)));
}

ReadyProbe::ReadyProbe(Readiness readiness, const TreeOptions& options)
    : state_(std::make_unique<State>()) {
  if (readiness.kind == Kind::kOutput) {
    state_->pattern.emplace(readiness.pattern);
    state_->tails = {Tail(options.output), Tail(options.errors)};
  }
  state_->readiness = std::move(readiness);
}

ReadyProbe::ReadyProbe(ReadyProbe&&) noexcept = default;
ReadyProbe& ReadyProbe::operator=(ReadyProbe&&) noexcept = default;
ReadyProbe::~ReadyProbe() = default;

bool ReadyProbe::is_ready(const Tree& tree) {
  if (!state_->ready) state_->ready = state_->attempt(tree);
  return state_->ready;
}

const std::string& ReadyProbe::seen() const { return state_->seen; }

}  // namespace tidemark
