#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "lib/load/failure.h"
#include "tools/pressure/engine/address.h"
#include "tools/pressure/engine/loop.h"

namespace tidemark::pressure {

// The plain socket under a client: it connects without waiting, sends what it can at once
// and the rest when there is room, and waits for nothing but bytes otherwise.
//
//   Wire wire(loop, addresses, {readable, lost});
//   connect, send..., (readable: receive)..., close or (lost: it is closed already)
//
// What was sent before the connection stands goes out when it does. Neither function of
// the owner is called inside connect() or send(); both may close and connect again.
class Wire {
 public:
  struct Owner {
    std::function<void()> readable;           // receive() has something to say
    std::function<void(load::Failure)> lost;  // not connected, or not any more
  };

  Wire(Loop& loop, const Addresses& addresses, Owner owner);
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  ~Wire() { close(); }

  bool is_open() const { return state_ != State::kClosed; }  // or about to be

  void connect();                     // REQUIRES: !is_open()
  void send(std::string_view bytes);  // REQUIRES: is_open()
  void close();

  // What one call of recv() gives. 0: nothing more for now, or the connection ended: then
  // `end` says how (kNone: it did not). It is for the caller to close it.
  std::size_t receive(std::span<char> room, load::Failure& end);

 private:
  enum class State : std::uint8_t { kClosed, kFailed, kConnecting, kOpen };
  void ready(std::uint32_t events);
  void flush();
  void lose_later(load::Failure failure);
  void lose(load::Failure failure);

  Loop* loop_;
  const Addresses* addresses_;
  Owner owner_;
  std::string out_;  // what the kernel had no room for
  Loop::TimerId timer_ = Loop::TimerId::kNone;
  std::size_t attempts_ = 0;
  int fd_ = -1;
  State state_ = State::kClosed;
};

// What the errno of a connection that is no more stands for.
load::Failure failure_of(int error_number);

}  // namespace tidemark::pressure
