#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>

#include "lib/base/error.h"
#include "lib/base/file.h"

namespace tidemark {

// One end of a TCP connection over loopback, as bytes.
class Wire {
 public:
  explicit Wire(std::uint16_t port, int receive_buffer = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) {
      ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in place{.sin_family = AF_INET, .sin_port = htons(port)};
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_.get(), reinterpret_cast<sockaddr*>(&place), sizeof place) != 0) {
      throw errno_error("connect");
    }
  }
  explicit Wire(Descriptor socket) : socket_(std::move(socket)) {}

  // Whether all of it was taken.
  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t count = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  // What came until `end` did; until the other side closed when `end` never comes.
  std::string read_until(std::string_view end, std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (got_.find(end) == std::string::npos || end.empty()) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          deadline - std::chrono::steady_clock::now());
      pollfd event{.fd = socket_.get(), .events = POLLIN};
      if (left.count() <= 0 || ::poll(&event, 1, static_cast<int>(left.count())) <= 0) {
        return got_ + "<nothing more in time>";
      }
      std::array<char, 65536> buffer{};
      const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
      if (count <= 0) {
        closed_ = true;
        break;
      }
      got_.append(buffer.data(), static_cast<std::size_t>(count));
    }
    const std::size_t at = end.empty() ? std::string::npos : got_.find(end);
    const std::size_t size = at == std::string::npos ? got_.size() : at + end.size();
    std::string result = got_.substr(0, size);
    got_.erase(0, size);
    return result;
  }
  std::string read_all(std::chrono::milliseconds patience = std::chrono::seconds(10)) {
    return read_until("", patience);
  }

  bool closed() const { return closed_; }

 private:
  Descriptor socket_;
  std::string got_;
  bool closed_ = false;
};

// Listens on a free port of loopback and answers each connection with `text`, as soon as
// something came; then closes it, or keeps it open.
class Responder {
 public:
  enum class Then { kClose, kStay };
  explicit Responder(std::string text, Then then = Then::kClose)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in place{.sin_family = AF_INET};
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof place;
    ::bind(socket_.get(), reinterpret_cast<sockaddr*>(&place), size);
    ::listen(socket_.get(), 16);
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&place), &size);
    port_ = ntohs(place.sin_port);
    thread_ = std::thread([this, text = std::move(text), then] { serve(text, then); });
  }
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;
  ~Responder() {
    ::shutdown(socket_.get(), SHUT_RDWR);
    thread_.join();
  }

  std::uint16_t port() const { return port_; }
  const std::string& request() const { return request_; }  // after the answer was read

 private:
  void serve(const std::string& text, Then then) {
    Descriptor kept;
    while (true) {
      Descriptor peer(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!peer) return;
      std::array<char, 65536> buffer{};
      const ssize_t count = ::recv(peer.get(), buffer.data(), buffer.size(), 0);
      request_.assign(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
      (void)::send(peer.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (then == Then::kStay) kept = std::move(peer);
    }
  }

  Descriptor socket_;
  std::uint16_t port_ = 0;
  std::string request_;
  std::thread thread_;
};

}  // namespace tidemark
