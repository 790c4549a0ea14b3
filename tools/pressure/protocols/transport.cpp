#include "tools/pressure/protocols/transport.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "lib/base/error.h"
#include "tools/pressure/engine/address.h"

namespace tidemark::pressure {
namespace {

using load::Failure;

// Why there is no connection, by what connect() or socket() said.
Failure connect_failure(int error) {
  return error == EMFILE || error == ENFILE ? Failure::kDescriptors : Failure::kConnect;
}

// Why there is no connection any more, by what read() or write() said.
Failure stream_failure(int error) {
  return error == ECONNRESET || error == EPIPE ? Failure::kReset : Failure::kConnect;
}

bool is_not_yet(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

Transport::Transport(const ClientContext& context, Events events)
    : loop_(context.loop),
      addresses_(context.addresses),
      tls_(context.tls),
      events_(std::move(events)) {}

Transport::~Transport() { close(); }

void Transport::open() {
  int error = 0;
  lost_ = false;
  state_ = State::kConnecting;
  for (; failed_ < addresses_->all().size(); ++failed_, ++attempt_) {
    fd_ = addresses_->connect(attempt_);
    if (fd_ >= 0) break;
    error = errno;
  }
  if (fd_ < 0) {
    failed_ = 0;
    return lose_later(connect_failure(error));
  }
  try {
    // Also in the case of a connection that is there already: no call of ours may end in
    // an event, and a socket that is connected is writable at once.
    loop_->watch(fd_, EPOLLOUT, [this](std::uint32_t ready_for) { ready(ready_for); });
    watched_ = EPOLLOUT;
  } catch (const Error&) {
    ::close(std::exchange(fd_, -1));
    lose_later(Failure::kDescriptors);
  }
}

void Transport::close() {
  loop_->cancel(std::exchange(telling_, Loop::TimerId::kNone));
  state_ = State::kClosed;
  lost_ = false;
  unsent_ = {};
  if (fd_ < 0) return;
  if (ssl_ && SSL_is_init_finished(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
  ssl_.reset();
  loop_->forget(fd_);
  ::close(std::exchange(fd_, -1));
}

void Transport::write(std::string_view bytes) {
  if (state_ != State::kReady || !unsent_.empty() || lost_) {
    unsent_.append(bytes);
    return;
  }
  const std::size_t sent = send_some(bytes);
  if (sent == bytes.size() || lost_) return;
  unsent_.assign(bytes.substr(sent));
  watch(EPOLLIN | EPOLLOUT);
}

std::size_t Transport::send_some(std::string_view bytes) {
  if (!ssl_) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) return static_cast<std::size_t>(sent);
    if (!is_not_yet(errno)) lose_later(stream_failure(errno));
    return 0;
  }
  std::size_t sent = 0;
  ERR_clear_error();
  const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent);
  if (result == 1) return sent;
  const int why = SSL_get_error(ssl_.get(), result);
  if (why != SSL_ERROR_WANT_WRITE && why != SSL_ERROR_WANT_READ) {
    lose_later(why == SSL_ERROR_SYSCALL ? stream_failure(errno) : Failure::kTls);
  }
  return 0;
}

std::size_t Transport::read(char* buffer, std::size_t size) {
  if (state_ != State::kReady || lost_) return 0;
  if (ssl_) return read_tls(buffer, size);
  const ssize_t got = ::recv(fd_, buffer, size, 0);
  if (got > 0) return static_cast<std::size_t>(got);
  if (got == 0) {
    lose_later(Failure::kNone);
  } else if (!is_not_yet(errno)) {
    lose_later(stream_failure(errno));
  }
  return 0;
}

std::size_t Transport::read_tls(char* buffer, std::size_t size) {
  std::size_t total = 0;
  while (total < size) {
    std::size_t got = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_.get(), buffer + total, size - total, &got);
    if (result == 1) {
      total += got;
      // Another try costs a system call, unless OpenSSL has it already.
      if (SSL_has_pending(ssl_.get()) == 0) break;
      continue;
    }
    const int why = SSL_get_error(ssl_.get(), result);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) break;
    if (why == SSL_ERROR_ZERO_RETURN) {
      lose_later(Failure::kNone);
    } else {
      lose_later(why == SSL_ERROR_SYSCALL ? stream_failure(errno) : Failure::kTls);
    }
    break;
  }
  return total;
}

void Transport::ready(std::uint32_t events) {
  if (lost_) return;
  if (state_ == State::kConnecting) return connected();
  if (state_ == State::kHandshake) return shake_hands();
  if ((events & EPOLLOUT) != 0) flush();
  if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0 && state_ == State::kReady) {
    events_.readable();
  }
}

void Transport::connected() {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    loop_->forget(fd_);
    ::close(std::exchange(fd_, -1));
    ++attempt_;
    ++failed_;
    return open();  // the next address, or what is wrong with the last
  }
  failed_ = 0;
  if (tls_ != nullptr) {
    ssl_ = tls_->open(fd_);
    if (!ssl_) return lose(Failure::kTls);
    state_ = State::kHandshake;
    return shake_hands();
  }
  state_ = State::kReady;
  flush();
}

void Transport::shake_hands() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    state_ = State::kReady;
    return flush();
  }
  const int why = SSL_get_error(ssl_.get(), result);
  if (why == SSL_ERROR_WANT_READ) return watch(EPOLLIN);
  if (why == SSL_ERROR_WANT_WRITE) return watch(EPOLLOUT);
  lose(Failure::kTls);
}

void Transport::flush() {
  if (!unsent_.empty()) unsent_.erase(0, send_some(unsent_));
  if (lost_) return;
  if (unsent_.empty()) unsent_ = {};
  watch(unsent_.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT);
}

void Transport::watch(std::uint32_t events) {
  if (watched_ == events) return;
  watched_ = events;
  loop_->change(fd_, events);
}

void Transport::lose_later(Failure failure) {
  lost_ = true;
  loop_->cancel(telling_);
  telling_ = loop_->at(loop_->now(), [this, failure] {
    telling_ = Loop::TimerId::kNone;
    lose(failure);
  });
}

void Transport::lose(Failure failure) {
  close();
  events_.lost(failure);
}

}  // namespace tidemark::pressure
