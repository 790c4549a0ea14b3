#pragma once

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "tools/pressure/engine/driver.h"

namespace tidemark::pressure {

// A server on 127.0.0.1 that does `serve` with each connection, on a thread for each, and
// then closes it. `serve` returns when its reads and writes fail.
class Server {
 public:
  explicit Server(std::function<void(int fd)> serve)
      : serve_(std::move(serve)), fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    if (bind(fd_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(fd_, 1024) != 0) {
      throw errno_error("listen");
    }
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    accepting_ = std::thread([this] { accept_all(); });
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    over_ = true;
    shutdown(fd_, SHUT_RDWR);
    accepting_.join();
    {
      const std::lock_guard lock(mutex_);
      for (const int open : open_) shutdown(open, SHUT_RDWR);
    }
    for (std::thread& thread : threads_) thread.join();
    close(fd_);
  }

  std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }
  int connections() const { return connections_; }

 private:
  void accept_all() {
    while (!over_) {
      const int fd = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      ++connections_;
      const std::lock_guard lock(mutex_);
      open_.push_back(fd);
      threads_.emplace_back([this, fd] {
        serve_(fd);
        const std::lock_guard inner(mutex_);
        std::erase(open_, fd);
        close(fd);
      });
    }
  }

  std::function<void(int)> serve_;
  int fd_;
  std::uint16_t port_ = 0;
  std::atomic<bool> over_ = false;
  std::atomic<int> connections_ = 0;
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread accepting_;
};

// The next request without a body; empty: the connection is closed.
inline std::string next_request(int fd) {
  std::string request;
  char byte = 0;
  while (!request.ends_with("\r\n\r\n")) {
    if (recv(fd, &byte, 1, 0) != 1) return {};
    request += byte;
  }
  return request;
}

inline bool say(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// Answers each request with `answer`, for ever.
inline auto answering(std::string answer) {
  return [answer = std::move(answer)](int fd) {
    while (!next_request(fd).empty()) {
      if (!say(fd, answer)) return;
    }
  };
}

inline const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

inline load::Request get(std::string name, std::string_view path = "/") {
  load::Request request{.name = std::move(name)};
  request.action = load::HttpRequest{.path = load::Template(path, "path", {})};
  return request;
}

// One GET / to `url`, by so many clients for so long.
inline load::Scenario closed_load(const std::string& url, int clients,
                                  std::chrono::milliseconds hold) {
  load::Scenario scenario;
  scenario.target = load::parse_target(url, "target");
  scenario.load.arrivals = load::Arrivals::kClosed;
  scenario.load.stages = {{.name = "one", .clients = clients, .hold = hold}};
  scenario.personas.push_back({.mix = {get("get")}});
  return scenario;
}

inline load::Scenario open_load(const std::string& url, double rate,
                                std::chrono::milliseconds hold) {
  load::Scenario scenario = closed_load(url, 0, hold);
  scenario.load.arrivals = load::Arrivals::kPoisson;
  scenario.load.stages[0].rate = rate;
  return scenario;
}

inline load::Scenario constant_load(const std::string& url, double rate,
                                    std::chrono::milliseconds hold) {
  load::Scenario scenario = open_load(url, rate, hold);
  scenario.load.arrivals = load::Arrivals::kConstant;
  return scenario;
}

// A run of a scenario without anything around it.
struct Drive {
  Loop loop;
  Tally tally;
  std::vector<std::string> warnings;
  double seconds = 0;

  using Meanwhile = std::function<void(Loop&, Driver&)>;

  Drive() = default;
  explicit Drive(const load::Scenario& scenario, const Meanwhile& meanwhile = {}) {
    run(scenario, meanwhile);
  }

  void run(const load::Scenario& scenario, const Meanwhile& meanwhile) {
    const Addresses addresses = Addresses::of(*scenario.target);
    Driver driver({.loop = &loop,
                   .tally = &tally,
                   .scenario = &scenario,
                   .addresses = &addresses,
                   .on_end = [this] { loop.stop(); },
                   .on_warning = [this](const std::string& said) { warnings.push_back(said); }});
    const Time start = loop.refresh();
    driver.start();
    if (meanwhile) meanwhile(loop, driver);
    loop.run();
    seconds = static_cast<double>(loop.refresh() - start) / 1e9;
  }

  Counts counts(std::string_view label = "get") { return tally.total(tally.label(label)); }
  std::int64_t failures(load::Failure failure, std::string_view label = "get") {
    return counts(label).failures[static_cast<std::size_t>(failure)];
  }
};

}  // namespace tidemark::pressure
