#pragma once

#include "examples/leaky-service/server.h"

namespace leaky {

// Answers `request` (/events?every=100ms) with server-sent events,
//
//   id: 7
//   data: {"seq":7,"at_ms":1700000000000.125}
//
// one every 100 ms until the client closes. The first is 1, or the one after what the
// header Last-Event-ID says.
void stream_events(Tcp::socket socket, const Request& request);

// Speaks WebSocket with who sent `request`: a message with a member "seq" is answered
// with {"ack":SEQ,"seq":SEQ}, any other with {"error":"no seq"}.
void converse(Tcp::socket socket, Request request);

// How many of either are open.
int open_streams();

}  // namespace leaky
