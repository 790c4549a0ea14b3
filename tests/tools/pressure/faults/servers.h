#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "lib/base/file.h"
#include "lib/base/numbers.h"
#include "lib/http/client.h"
#include "lib/load/scenario.h"
#include "lib/process/proc.h"
#include "lib/process/tree.h"
#include "tests/lib/process/actor.h"

// Real servers, and what the kernel says of them and of our control groups.

namespace tidemark::pressure {

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

inline std::uint16_t free_port() {
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), length);
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length);
  return ntohs(address.sin_port);
}

inline bool answers(std::uint16_t port) {
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
  const sockaddr_in address = loopback(port);
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

inline std::vector<std::string> redis_command(std::uint16_t port) {
  return {"redis-server", "--port", std::to_string(port), "--bind", "127.0.0.1",
          "--save",       "",       "--appendonly",       "no"};
}

inline load::Scenario redis_at(std::uint16_t port) {
  load::Scenario scenario;
  scenario.target = load::parse_target("redis://127.0.0.1:" + std::to_string(port), "target");
  return scenario;
}

inline load::Scenario redis_to_launch(std::uint16_t port) {
  load::Scenario scenario = redis_at(port);
  scenario.launch = load::LaunchPlan{.command = redis_command(port)};
  return scenario;
}

// One that runs already.
class Redis {
 public:
  Redis() : port_(free_port()), tree_(Tree::start({.arguments = redis_command(port_)}, {})) {
    EXPECT_TRUE(eventually([&] { return answers(port_); }));
  }
  pid_t pid() const { return tree_.root(); }
  std::uint16_t port() const { return port_; }
  load::Scenario scenario() const { return redis_at(port_); }

 private:
  std::uint16_t port_;
  Tree tree_;
};

class Nginx {
 public:
  Nginx() : port_(free_port()), tree_(start()) {
    EXPECT_TRUE(eventually([&] { return answers(port_); }));
  }
  std::uint16_t port() const { return port_; }

  // A mix of one file of 1 MiB.
  load::Scenario scenario() const {
    load::Scenario scenario;
    scenario.target = load::parse_target("http://127.0.0.1:" + std::to_string(port_), "target");
    scenario.pid = tree_.root();
    scenario.personas.push_back(
        {.mix = {{.name = "get",
                  .action = load::HttpRequest{.path = load::Template("/large", "test", {})}}}});
    return scenario;
  }

  // Connections whose request it waits for.
  int reading() const {
    const http::Response response =
        http::fetch({.url = {.host = "127.0.0.1", .port = port_, .target = "/status"}});
    const std::size_t at = response.body.find("Reading: ");
    return at == std::string::npos ? -1 : std::atoi(response.body.c_str() + at + 9);
  }

 private:
  Tree start() {
    const std::string here = scratch_.path.string();
    std::filesystem::permissions(scratch_.path, std::filesystem::perms(0755));
    std::ofstream(here + "/large") << std::string(1 << 20, 'x');
    std::ofstream(here + "/conf")
        << "daemon off; worker_processes 1; pid " << here << "/pid; error_log " << here
        << "/error; events { worker_connections 1024; } http { access_log off; root " << here
        << "; client_body_temp_path " << here << "/b; proxy_temp_path " << here
        << "/p; fastcgi_temp_path " << here << "/f; uwsgi_temp_path " << here
        << "/u; scgi_temp_path " << here << "/s; server { listen 127.0.0.1:" << port_
        << "; location = /status { stub_status; } } }";
    return Tree::start({.arguments = {"nginx", "-p", here, "-c", here + "/conf"}}, {});
  }

  Scratch scratch_;
  std::uint16_t port_;
  Tree tree_;
};

// Says PING to a redis again and again.
class Pinger {
 public:
  explicit Pinger(std::uint16_t port) : thread_([this, port] { ping(port); }) {}
  ~Pinger() {
    over_ = true;
    thread_.join();
  }
  Pinger(const Pinger&) = delete;
  Pinger& operator=(const Pinger&) = delete;
  std::int64_t slowest_ms() const { return slowest_; }

 private:
  void ping(std::uint16_t port) {
    using Clock = std::chrono::steady_clock;
    const Descriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
    const sockaddr_in address = loopback(port);
    ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    while (!over_) {
      const auto start = Clock::now();
      char answer[16];
      if (::send(socket.get(), "PING\r\n", 6, MSG_NOSIGNAL) != 6) return;
      if (::recv(socket.get(), answer, sizeof answer, 0) <= 0) return;
      const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
      slowest_ = std::max<std::int64_t>(slowest_, took.count());
      ::usleep(1000);
    }
  }

  std::atomic<bool> over_ = false;
  std::atomic<std::int64_t> slowest_ = 0;
  std::thread thread_;
};

// A server's end of an established TCP connection.
struct Connection {
  std::int64_t unsent = 0;  // bytes
};

inline std::vector<Connection> connections_to(std::uint16_t port) {
  std::vector<Connection> found;
  std::ifstream file("/proc/net/tcp");
  std::string line;
  while (std::getline(file, line)) {
    unsigned local = 0;
    unsigned state = 0;
    unsigned long unsent = 0;
    if (std::sscanf(line.c_str(), " %*d: %*8x:%4x %*8x:%*4x %2x %8lx:", &local, &state, &unsent) ==
            3 &&
        local == port && state == 1) {
      found.push_back({.unsent = static_cast<std::int64_t>(unsent)});
    }
  }
  return found;
}

// The control groups that pressure made.
inline std::vector<std::filesystem::path> groups() {
  std::vector<std::filesystem::path> found;
  std::error_code problem;
  for (auto entry = std::filesystem::recursive_directory_iterator(
           "/sys/fs/cgroup", std::filesystem::directory_options::skip_permission_denied, problem);
       !problem && entry != std::filesystem::recursive_directory_iterator();
       entry.increment(problem)) {
    if (entry->path().filename().string().starts_with("tidemark-")) found.push_back(entry->path());
  }
  return found;
}

inline std::int64_t number_in(const std::filesystem::path& file) {
  std::string text = read_kernel_file(file).value_or("");
  while (text.ends_with('\n')) text.pop_back();
  return to_number(text).value_or(0);
}

inline std::int64_t memory_of_groups() {
  std::int64_t most = 0;
  for (const auto& group : groups()) {
    most = std::max(
        {most, number_in(group / "memory.usage_in_bytes"), number_in(group / "memory.current")});
  }
  return most;
}

inline std::vector<std::int64_t> limits_of_groups() {
  std::vector<std::int64_t> limits;
  for (const auto& group : groups()) {
    for (const char* name : {"memory.limit_in_bytes", "memory.max"}) {
      if (std::filesystem::exists(group / name)) limits.push_back(number_in(group / name));
    }
  }
  return limits;
}

inline std::vector<ProcessStatus> in_groups() {
  std::vector<ProcessStatus> found;
  for (const auto& group : groups()) {
    std::ifstream file(group / "cgroup.procs");
    for (pid_t pid = 0; file >> pid;) {
      if (const auto status = process_status(pid)) found.push_back(*status);
    }
  }
  return found;
}

inline bool is_mounted(const std::filesystem::path& path) {
  return read_kernel_file("/proc/self/mounts").value_or("").find(" " + path.string() + " ") !=
         std::string::npos;
}

}  // namespace tidemark::pressure
