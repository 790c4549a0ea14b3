#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/load/template.h"

namespace tidemark::pressure {

// A client's side of the WebSocket protocol after the handshake (RFC 6455, over wslay):
// bytes in, messages out, and the other way round. Does no I/O.
//
//   Frames frames(random, on_message);  feed(what came)...; send(text)...
//   after each of them: write output() to the server, then consume() what was written
//
// A ping is answered, a close frame, too; fragments are put together.
class Frames {
 public:
  static constexpr std::size_t kMostMessage = 16 << 20;

  // A text or binary message that is whole; valid during the call, which may send().
  using Message = std::function<void(std::string_view message)>;

  enum class State : std::uint8_t {
    kOpen,
    kClosed,   // the server said goodbye
    kBroken,   // what came is not WebSocket, or text that is not UTF-8
    kTooLong,  // a message longer than kMostMessage
  };

  // `random` makes the masks; it outlives this.
  Frames(load::Random& random, Message on_message);
  Frames(Frames&&) noexcept;
  Frames& operator=(Frames&&) noexcept;
  ~Frames();

  // Once it is not kOpen any more, it stays so and nothing is read. REQUIRES: not called
  // by `on_message`.
  State feed(std::string_view bytes);
  State state() const;

  void send(std::string_view text);
  void ping();
  void close(std::uint16_t code);

  // How many pongs came.
  std::int64_t pongs() const;

  std::string_view output() const;
  void consume(std::size_t bytes);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// What goes with Sec-WebSocket-Key, and the Sec-WebSocket-Accept that answers it.
std::string websocket_key(load::Random& random);
std::string websocket_accept(std::string_view key);

}  // namespace tidemark::pressure
