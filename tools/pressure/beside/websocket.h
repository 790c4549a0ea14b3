#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/load/scenario.h"
#include "tools/pressure/engine/beside.h"

namespace tidemark::pressure {

// Clients that send a message at their pace, each on a WebSocket of its own that is opened
// again when it is lost.
//
//   NAME       how long until the handshake was done (Sec-WebSocket-Accept is checked);
//              why it was not, or why the connection was lost
//   NAME.ack   from when a message was due until its acknowledgement came. Failures:
//              kTimeout, kLost (the connection went first), kOrder (an acknowledgement
//              that overtook another, or came twice), kClosed (due while there was no
//              connection), kGarbage (what came is no JSON)
//
// An acknowledgement is a message whose member `ack` (or JSON pointer, with a '/') is the
// number that ${seq} gave to what it answers; other messages are passed over. Without
// `ack` each message that comes answers the oldest that is not answered, as an echo does.
class WebSocketTalkers {
 public:
  WebSocketTalkers(const BesideSetup& setup, const load::WebSocketClients& plan);
  WebSocketTalkers(WebSocketTalkers&&) noexcept;
  WebSocketTalkers& operator=(WebSocketTalkers&&) noexcept;
  ~WebSocketTalkers();

  void start();
  void stop();  // says goodbye

  double connected_share() const;
  const std::vector<std::string>& warnings() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tidemark::pressure
