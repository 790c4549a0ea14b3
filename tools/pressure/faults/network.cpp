// "delay 100ms 30s", "loss 5% 30s", "dns 30s".

#include "tools/pressure/faults/network.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/process/command.h"
#include "tools/pressure/faults/kinds.h"

namespace tidemark::pressure {
namespace {

namespace fs = std::filesystem;

constexpr const char* kResolver = "/etc/resolv.conf";

// Nobody answers there; the resolver library does not wait for what is refused.
constexpr std::string_view kNobody = "nameserver 127.255.255.254\noptions timeout:1 attempts:1\n";

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// tc's netem, tried on the loopback of a network namespace that is gone at once.
std::string cannot_slow_down() {
  if (!may(CAP_SYS_ADMIN) || !may(CAP_NET_ADMIN)) {
    return "a network namespace takes root (CAP_SYS_ADMIN and CAP_NET_ADMIN)";
  }
  for (const char* program : {"tc", "unshare"}) {
    if (!find_program(program)) {
      return fmt::format("{} is not in PATH: install the packages iproute2 and util-linux",
                         program);
    }
  }
  std::vector<std::string> words = netem(std::chrono::milliseconds(1), 0);
  words.insert(words.begin(), {"unshare", "--net", "--"});
  try {
    const Finished tried = run_to_end({.arguments = words}, std::chrono::seconds(10));
    if (tried.end.kind == EndKind::kExited && tried.end.code == 0) return "";
    return fmt::format("this kernel cannot delay packets (tc's netem): {}",
                       first_line(tried.errors.empty() ? tried.end.why : tried.errors));
  } catch (const Error& error) {
    return error.what();
  }
}

std::string cannot_box(const load::Scenario& scenario) {
  return scenario.launch ? "" : "only the network of a target that [launch] starts is disturbed";
}

std::string cannot_disturb(const load::Scenario& scenario, const Order&) {
  std::string why = cannot_box(scenario);
  if (!why.empty()) return why;
  const bool socket = scenario.target && !scenario.target->socket.empty();
  if (socket) return "packets are delayed and lost on a network, not on a unix socket";
  return cannot_slow_down();
}

std::string cannot_break_names(const load::Scenario& scenario, const Order&) {
  std::string why = cannot_box(scenario);
  if (!why.empty()) return why;
  if (!may(CAP_SYS_ADMIN)) return "a mount namespace takes root (CAP_SYS_ADMIN)";
  return ::access(kResolver, R_OK) == 0 ? "" : "there is no /etc/resolv.conf";
}

NetworkBox& box_of(Ground& ground) {
  if (ground.network == nullptr) throw Error("the target is in no network of its own");
  return *ground.network;
}

// Takes back one of the settings and leaves the other.
template <typename Set>
TakeBack taken_back(Set set) {
  return [set]() -> std::string {
    try {
      set();
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
}

TakeBack begin_delay(Ground& ground, const Order& order) {
  NetworkBox& box = box_of(ground);
  box.set(order.delay, box.loss());
  return taken_back([&box] { box.set(load::Duration(0), box.loss()); });
}

TakeBack begin_loss(Ground& ground, const Order& order) {
  NetworkBox& box = box_of(ground);
  box.set(box.delay(), order.share);
  return taken_back([&box] { box.set(box.delay(), 0); });
}

TakeBack begin_dns(Ground& ground, const Order&) {
  NetworkBox& box = box_of(ground);
  box.break_names(true);
  return taken_back([&box] { box.break_names(false); });
}

void bring_up_loopback() {
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (!socket || ::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) {
    throw errno_error("cannot bring up the loopback of a network namespace");
  }
}

// In place: what is mounted is the file, not its name.
void rewrite(const fs::path& path, std::string_view text) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_TRUNC | O_CREAT | O_CLOEXEC, 0644));
  if (!file || ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw errno_error(path.string());
  }
}

}  // namespace

std::vector<std::string> netem(load::Duration delay, double loss) {
  std::vector<std::string> words = {"tc", "qdisc", "replace", "dev", "lo", "root", "netem"};
  // A packet and its answer both pass the loopback.
  const auto each = std::chrono::duration_cast<std::chrono::microseconds>(delay / 2).count();
  words.insert(words.end(), {"limit", "100000"});
  if (each > 0) words.insert(words.end(), {"delay", fmt::format("{}us", each)});
  if (loss > 0) words.insert(words.end(), {"loss", "random", fmt::format("{:g}%", loss * 100)});
  return words;
}

NetworkBox::NetworkBox(Needs needs, const fs::path& directory) {
  if (needs.network) {
    if (::unshare(CLONE_NEWNET) != 0) throw errno_error("cannot make a network namespace");
    bring_up_loopback();
  }
  if (!needs.resolver) return;
  answers_ = read_file(kResolver).bytes();
  const fs::path file = fs::absolute(directory) / "resolv.conf";
  rewrite(file, answers_);
  if (::unshare(CLONE_NEWNS) != 0) throw errno_error("cannot make a mount namespace");
  // What is mounted from here on is seen by nobody else.
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount(file.c_str(), kResolver, nullptr, MS_BIND, nullptr) != 0) {
    throw errno_error("cannot mount a resolv.conf of our own");
  }
  resolver_ = file;
}

void NetworkBox::set(load::Duration delay, double loss) {
  const bool nothing = delay.count() == 0 && loss == 0;
  std::vector<std::string> words = netem(delay, loss);
  if (nothing) words = {"tc", "qdisc", "del", "dev", "lo", "root"};
  const Finished done = run_to_end({.arguments = words}, std::chrono::seconds(10));
  if (done.end.kind != EndKind::kExited || done.end.code != 0) {
    throw Error(
        fmt::format("tc: {}", first_line(done.errors.empty() ? done.end.why : done.errors)));
  }
  delay_ = delay;
  loss_ = loss;
}

void NetworkBox::break_names(bool broken) {
  if (resolver_.empty()) throw Error("the target has no resolv.conf of its own");
  rewrite(resolver_, broken ? kNobody : answers_);
}

constinit const FaultKind kDelayFault = {
    .name = "delay", .cannot = cannot_disturb, .begin = begin_delay};
constinit const FaultKind kLossFault = {
    .name = "loss", .cannot = cannot_disturb, .begin = begin_loss};
constinit const FaultKind kDnsFault = {
    .name = "dns", .cannot = cannot_break_names, .begin = begin_dns};

}  // namespace tidemark::pressure
