#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/load/scenario.h"
#include "tools/pressure/engine/beside.h"

namespace tidemark::pressure {

// Clients that read server-sent events, each on a connection of its own that is opened
// again, with Last-Event-ID, when it is lost.
//
//   NAME.connect    how long until the stream was there; why it could not be, or was lost
//   NAME.delivery   from the time stamp inside an event until it was read, by this
//                   machine's clock. Failures: kLost, kOrder (numbers that are missing, or
//                   come late or twice, when the plan wants to know), kGarbage (data that
//                   is no JSON), kExpectation (no time stamp in it)
//
// A thousand quiet clients take about 1.5 MB.
class SseReaders {
 public:
  SseReaders(const BesideSetup& setup, const load::SseClients& plan);
  SseReaders(SseReaders&&) noexcept;
  SseReaders& operator=(SseReaders&&) noexcept;
  ~SseReaders();

  void start();
  void stop();

  // What share of the time since start() the clients were connected, together: what a
  // limit calls NAME.connected.
  double connected_share() const;

  // For people; each thing once.
  const std::vector<std::string>& warnings() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tidemark::pressure
