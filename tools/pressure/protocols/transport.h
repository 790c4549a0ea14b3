#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/load/failure.h"
#include "tools/pressure/engine/call.h"
#include "tools/pressure/protocols/tls.h"

namespace tidemark::pressure {

// One stream of bytes to the target: TCP or a unix socket, in TLS when the target says so.
// In the usual case a message costs one write() and its answer one read(); epoll is told
// of a wish to write only while connecting and after a short write.
//
//   Transport transport(context, events);
//   transport.open();  write(...)...  events.readable -> read(...)...  close();  open() again
//
// Everything that goes wrong ends in events.lost, never inside a call of ours; the
// transport is closed then. Events may close it, open it and write to it.
class Transport {
 public:
  struct Events {
    std::function<void()> readable;                   // read() may have something
    std::function<void(load::Failure failure)> lost;  // kNone: the other side closed it
  };
  Transport(const ClientContext& context, Events events);
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  ~Transport();

  bool is_open() const { return state_ != State::kClosed; }  // or being opened
  int fd() const { return fd_; }

  // REQUIRES: it is closed.
  void open();
  void close();

  // What cannot be sent now is kept. REQUIRES: is_open().
  void write(std::string_view bytes);

  // Up to `size` bytes; 0: nothing more now (or it is lost, and events.lost comes). Fewer
  // than `size` came: there was no more.
  std::size_t read(char* buffer, std::size_t size);

 private:
  enum class State : std::uint8_t { kClosed, kConnecting, kHandshake, kReady };

  void ready(std::uint32_t events);
  void connected();
  void shake_hands();
  void flush();
  std::size_t send_some(std::string_view bytes);
  std::size_t read_tls(char* buffer, std::size_t size);
  void watch(std::uint32_t events);
  void lose_later(load::Failure failure);
  void lose(load::Failure failure);

  Loop* loop_;
  const Addresses* addresses_;
  std::shared_ptr<TlsContext> tls_;
  Events events_;
  int fd_ = -1;
  State state_ = State::kClosed;
  bool lost_ = false;  // and will be told
  std::uint32_t watched_ = 0;
  std::size_t attempt_ = 0;  // the address that comes next
  std::size_t failed_ = 0;   // addresses in a row
  Loop::TimerId telling_ = Loop::TimerId::kNone;
  TlsContext::Ssl ssl_;
  std::string unsent_;
};

}  // namespace tidemark::pressure
