// Faults on connections: "connections 5000 10s", "half-open 100 30s", "slow-readers 50
// 30s", "reset 5%".

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <deque>
#include <limits>
#include <memory>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "tools/pressure/engine/open_files.h"
#include "tools/pressure/faults/kinds.h"
#include "tools/pressure/faults/requests.h"

namespace tidemark::pressure {
namespace {

constexpr std::int64_t kOthers = 300;  // descriptors that are not ours to use
constexpr int kBatch = 200;
constexpr Time kBetweenBatches = 5 * kMillisecond;
constexpr Time kBetweenBytes = 200 * kMillisecond;  // of a slow reader
constexpr int kNarrow = 2048;                       // a slow reader's buffer

// Many connections that are opened a batch at a time, say `text` and then nothing more,
// and, when they are slow readers, read a byte now and then.
class Crowd {
 public:
  Crowd(Ground& ground, const Order& order, std::string text, bool reads)
      : loop_(*ground.loop),
        addresses_(*ground.addresses),
        wanted_(order.count),
        text_(std::move(text)),
        reads_(reads) {
    step();
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;
  ~Crowd() { loop_.cancel(timer_); }

  // Why none could be opened.
  std::string trouble() const {
    if (!members_.empty() || problem_ == 0) return "";
    return fmt::format("no connection could be opened: {}", std::strerror(problem_));
  }

 private:
  struct Member {
    Descriptor socket;
    std::size_t said = 0;
  };

  void step() {
    for (int i = 0; i < kBatch && tried_ < wanted_; ++i) open();
    for (Member& member : members_) attend(member);
    const Time pause = tried_ < wanted_ ? kBetweenBatches : kBetweenBytes;
    timer_ = loop_.at(loop_.refresh() + pause, [this] { step(); });
  }

  void open() {
    const int socket = addresses_.connect(static_cast<std::size_t>(tried_++));
    if (socket < 0) {
      problem_ = errno;
      return;
    }
    // Ends by RST: thousands of sockets in TIME_WAIT would be left behind.
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    if (reads_) ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &kNarrow, sizeof kNarrow);
    members_.push_back({.socket = Descriptor(socket)});
  }

  void attend(Member& member) const {
    if (member.said < text_.size()) {
      const ssize_t count = ::send(member.socket.get(), text_.data() + member.said,
                                   text_.size() - member.said, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (count > 0) member.said += static_cast<std::size_t>(count);
    }
    char byte = 0;
    if (reads_) ::recv(member.socket.get(), &byte, 1, MSG_DONTWAIT);
  }

  Loop& loop_;
  const Addresses& addresses_;
  std::int64_t wanted_;
  std::string text_;
  bool reads_;
  std::int64_t tried_ = 0;
  int problem_ = 0;
  std::deque<Member> members_;
  Loop::TimerId timer_ = Loop::TimerId::kNone;
};

TakeBack gather(Ground& ground, const Order& order, std::string text, bool reads) {
  if (ground.addresses == nullptr) throw Error("the target has no address to connect to");
  allow_open_files(std::numeric_limits<std::uint64_t>::max());
  auto crowd = std::make_shared<Crowd>(ground, order, std::move(text), reads);
  return [crowd]() mutable {
    std::string trouble = crowd->trouble();
    crowd.reset();
    return trouble;
  };
}

std::string cannot_connect(const load::Scenario& scenario, const Order& order) {
  if (!scenario.target) return "the scenario has no target";
  if (scenario.target->kind == load::Target::Kind::kUdp) return "a UDP target has no connections";
  if (scenario.target->kind == load::Target::Kind::kPostgres) {
    return "where libpq connects to is its own affair";
  }
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max == RLIM_INFINITY) return "";
  const std::int64_t room =
      static_cast<std::int64_t>(limit.rlim_max) - kOthers - scenario.load.connections;
  if (order.count <= room) return "";
  return fmt::format("our limit of open files is {}, which leaves room for {} connections",
                     limit.rlim_max, std::max<std::int64_t>(room, 0));
}

std::string cannot_read_slowly(const load::Scenario& scenario, const Order& order) {
  std::string why = cannot_connect(scenario, order);
  if (!why.empty()) return why;
  return whole_request(scenario).empty()
             ? "slow readers need a request in plain HTTP/1.1, Redis or raw bytes"
             : "";
}

TakeBack begin_connections(Ground& ground, const Order& order) {
  return gather(ground, order, "", false);
}

TakeBack begin_half_open(Ground& ground, const Order& order) {
  return gather(ground, order, half_request(*ground.scenario), false);
}

TakeBack begin_slow_readers(Ground& ground, const Order& order) {
  constexpr std::size_t kMuch = std::size_t{64} << 10;  // of requests on one connection
  const std::string one = whole_request(*ground.scenario);
  std::string text;
  while (text.size() < kMuch) text += one;
  return gather(ground, order, text, true);
}

std::string cannot_reset(const load::Scenario& scenario, const Order&) {
  return scenario.personas.empty() ? "the scenario has no mix whose connections could be reset"
                                   : "";
}

TakeBack begin_reset(Ground& ground, const Order& order) {
  if (!ground.reset) throw Error("there are no connections to reset");
  ground.reset(order.share);
  return [] { return std::string(); };
}

}  // namespace

constinit const FaultKind kConnectionsFault = {
    .name = "connections", .cannot = cannot_connect, .begin = begin_connections};
constinit const FaultKind kHalfOpenFault = {
    .name = "half-open", .cannot = cannot_connect, .begin = begin_half_open};
constinit const FaultKind kSlowReadersFault = {
    .name = "slow-readers", .cannot = cannot_read_slowly, .begin = begin_slow_readers};
constinit const FaultKind kResetFault = {
    .name = "reset", .cannot = cannot_reset, .begin = begin_reset};

}  // namespace tidemark::pressure
