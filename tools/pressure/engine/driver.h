#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "lib/load/scenario.h"
#include "tools/pressure/engine/address.h"
#include "tools/pressure/engine/loop.h"
#include "tools/pressure/engine/tally.h"

namespace tidemark::pressure {

// Applies the stages of a scenario to its target: when each request is due, which it is,
// and on which connection it goes.
//
// An open load never waits for answers: a request whose time came while all connections
// were busy is made as soon as one is free, and its latency counts from the time that was
// meant (no coordinated omission). What is due but not sent is not stored: the schedule
// stands at the next one, however far back in time, so memory is flat.
//
// Send lag is only what is our own fault: from the moment when a request was due and a
// connection free for it, to the moment when it was sent.
//
// One that could not be sent within the time-out has failed by it; so an overload ends, too.
//
// A target that refuses connections is asked again after a while, twice as long each time
// (1 ms to 0.1 s; each client of a closed load: to 1 s). What is due meanwhile has failed.
//
// A visit (a persona with a session) ends with its first failure.
//
//   Driver driver(setup);  driver.start();  loop.run();  on_end, or stop() and on_end
class Driver {
 public:
  struct Setup {
    Loop* loop = nullptr;
    Tally* tally = nullptr;
    const load::Scenario* scenario = nullptr;
    const Addresses* addresses = nullptr;
    double scale = 1;  // rates are divided by it: the target's slow-down under its profiler
    std::function<void(std::size_t stage)> on_stage =
        {};                             // a stage begins: what was counted so far is before it
    std::function<void()> on_end = {};  // the last one is over and its answers are in
    std::function<void(const std::string&)> on_warning = {};  // for people
  };
  explicit Driver(Setup setup);
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;
  ~Driver();

  void start();

  // Nothing new is sent; what is under way gets its answer or its time-out, then on_end.
  void stop();

  // Drops `share` (0 to 1) of the open connections by RST, as a fault does.
  void reset_connections(double share);

  std::int64_t under_way() const;
  double rate_due() const;  // now, a second; 0: a closed load
  int clients() const;      // connections that are open

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tidemark::pressure
