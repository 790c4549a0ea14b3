#include "tools/pressure/protocols/wire.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <utility>

namespace tidemark::pressure {

using load::Failure;

Failure failure_of(int error_number) {
  switch (error_number) {
    case ECONNRESET:
    case EPIPE:
      return Failure::kReset;
    case EMFILE:
    case ENFILE:
      return Failure::kDescriptors;
    default:
      return Failure::kConnect;
  }
}

Wire::Wire(Loop& loop, const Addresses& addresses, Owner owner)
    : loop_(&loop), addresses_(&addresses), owner_(std::move(owner)) {}

void Wire::connect() {
  assert(!is_open());
  fd_ = addresses_->connect(attempts_++);
  if (fd_ < 0) return lose_later(failure_of(errno));
  state_ = State::kConnecting;
  loop_->watch(fd_, EPOLLOUT, [this](std::uint32_t events) { ready(events); });
}

void Wire::send(std::string_view bytes) {
  assert(is_open());
  if (state_ == State::kOpen && out_.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(bytes.size())) return;
    // Where it is an error, recv() will say so too.
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    loop_->change(fd_, EPOLLIN | EPOLLOUT);
  }
  if (state_ != State::kFailed) out_ += bytes;
}

void Wire::close() {
  if (timer_ != Loop::TimerId::kNone) loop_->cancel(std::exchange(timer_, Loop::TimerId::kNone));
  if (fd_ >= 0) {
    loop_->forget(fd_);
    ::close(std::exchange(fd_, -1));
  }
  out_ = {};
  state_ = State::kClosed;
}

std::size_t Wire::receive(std::span<char> room, Failure& end) {
  const ssize_t count = recv(fd_, room.data(), room.size(), 0);
  if (count > 0) return static_cast<std::size_t>(count);
  if (count == 0) {
    end = Failure::kClosed;
  } else if (errno != EAGAIN && errno != EINTR) {
    end = errno == ECONNREFUSED ? Failure::kConnect : Failure::kReset;  // refused: of a datagram
  }
  return 0;
}

void Wire::ready(std::uint32_t events) {
  if (state_ == State::kConnecting) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return lose(Failure::kConnect);
    if ((events & EPOLLOUT) == 0) return;
    state_ = State::kOpen;
    loop_->change(fd_, EPOLLIN);
    return flush();
  }
  if ((events & EPOLLOUT) != 0) flush();
  if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) owner_.readable();
}

void Wire::flush() {
  if (out_.empty()) return;
  const ssize_t sent = ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL);
  if (sent > 0) out_.erase(0, static_cast<std::size_t>(sent));
  if (sent < 0 && errno != EAGAIN) out_.clear();  // recv() says what it was
  if (out_.empty()) out_ = {};
  loop_->change(fd_, out_.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT);
}

void Wire::lose_later(Failure failure) {
  state_ = State::kFailed;
  timer_ = loop_->at(loop_->now(), [this, failure] {
    timer_ = Loop::TimerId::kNone;
    lose(failure);
  });
}

void Wire::lose(Failure failure) {
  close();
  owner_.lost(failure);
}

}  // namespace tidemark::pressure
