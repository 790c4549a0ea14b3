#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "lib/load/failure.h"
#include "lib/load/scenario.h"
#include "tools/pressure/engine/loop.h"

namespace tidemark::pressure {

// One request that a client is to make now.
struct Call {
  const load::Request* request = nullptr;
  load::Values* values = nullptr;  // stays until the call is finished
  std::uint32_t ticket = 0;        // comes back with the outcome
};

// How a call ended. `done` is when the last byte of its answer was there.
struct Outcome {
  load::Failure failure = load::Failure::kNone;
  Time done = 0;
  std::int64_t bytes = 0;  // received
};

using Finished = std::function<void(std::uint32_t ticket, const Outcome& outcome)>;

// What every client is made with. A client is one connection of one protocol (a type of
// tools/pressure/protocols, listed in any_client.h):
//
//   Client client(context, finished);   connects at the first begin(), and again when lost
//   client.begin(call)                  REQUIRES: capacity() > 0; ends in `finished`, once,
//                                       never inside begin()
//   client.capacity()                   how many more calls it takes now
//   client.expire(now)                  ends calls older than the time-out; called every 20 ms
//   client.close()                      drops the connection; calls under way end as kClosed
//   client.fd()                         its descriptor; -1: none is open
//
// `finished` may call begin() of the same client. Templates are filled, answers checked
// and captured (verify.h) by the client. Nothing throws once it is made.
struct ClientContext {
  Loop* loop = nullptr;
  const load::Target* target = nullptr;
  const load::LoadPlan* load = nullptr;        // time-out, pipeline, streams, verify_tls
  const class Addresses* addresses = nullptr;  // of the target, looked up once (address.h)
  // What the clients of one target share, made by ClientMaker (any_client.h):
  std::shared_ptr<class TlsContext> tls = nullptr;    // a target with TLS
  std::shared_ptr<struct HttpShared> http = nullptr;  // HTTP/1.1
};

}  // namespace tidemark::pressure
