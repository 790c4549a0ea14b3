#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "lib/base/file.h"
#include "tools/pressure/engine/loop.h"

namespace tidemark::pressure {

// A server that says what a test wants it to say, on the loop of the client.
class ScriptedServer {
 public:
  enum class Then : std::uint8_t { kStay, kClose, kReset };
  struct Reply {
    std::string bytes;
    Then then = Then::kStay;
  };
  // What is answered to the head of a request, the visits counted from 0 on; and to what
  // comes behind it.
  using Greet = std::function<Reply(int visit, const std::string& request)>;
  using Converse = std::function<Reply(const std::string& bytes)>;

  ScriptedServer(Loop& loop, Greet greet, Converse converse = nullptr)
      : loop_(loop), greet_(std::move(greet)), converse_(std::move(converse)) {
    listener_ = Descriptor(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_.get(), 100), 0);
    getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    loop_.watch(listener_.get(), EPOLLIN, [this](std::uint32_t) { welcome(); });
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer() {
    loop_.forget(listener_.get());
    while (!visits_.empty()) end(visits_.begin()->first, Then::kClose);
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  int visits() const { return count_; }

  // To everybody who is there.
  void say(const std::string& bytes) {
    for (const auto& [fd, visit] : visits_) write(fd, bytes);
  }

 private:
  struct Visit {
    int number = 0;
    std::string head;
    bool greeted = false;
  };

  void welcome() {
    const int fd = accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    visits_[fd] = {.number = count_++};
    loop_.watch(fd, EPOLLIN, [this, fd](std::uint32_t) { read(fd); });
  }

  void read(int fd) {
    std::array<char, 65536> room;
    const ssize_t size = recv(fd, room.data(), room.size(), 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) return end(fd, Then::kClose);
    Visit& visit = visits_[fd];
    const std::string bytes(room.data(), static_cast<std::size_t>(size));
    if (visit.greeted) {
      if (converse_) follow(fd, converse_(bytes));
      return;
    }
    visit.head += bytes;
    if (!visit.head.ends_with("\r\n\r\n")) return;
    visit.greeted = true;
    follow(fd, greet_(visit.number, visit.head));
  }

  void follow(int fd, const Reply& reply) {
    write(fd, reply.bytes);
    if (reply.then != Then::kStay) end(fd, reply.then);
  }

  static void write(int fd, const std::string& bytes) {
    ASSERT_EQ(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }

  void end(int fd, Then then) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    if (then == Then::kReset) setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    loop_.forget(fd);
    visits_.erase(fd);
    ::close(fd);
  }

  Loop& loop_;
  Greet greet_;
  Converse converse_;
  Descriptor listener_;
  std::uint16_t port_ = 0;
  int count_ = 0;
  std::map<int, Visit> visits_;
};

}  // namespace tidemark::pressure
