#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/load/result.h"
#include "lib/load/scenario.h"
#include "tools/pressure/engine/tally.h"
#include "tools/pressure/faults/ground.h"

namespace tidemark::pressure {

// A fault of the scenario that cannot be injected here.
struct ImpossibleFault {
  std::string text;  // "disk-full work/ 30s"
  std::string why;
  load::Duration at{0};  // when it would be, for the first time
};

// Each that is written differently once. Tries what can be tried without disturbing
// anybody; takes up to a few 100 ms. Throws UsageError for what is no fault.
std::vector<ImpossibleFault> impossible_faults(const load::Scenario& scenario);

// The faults of a scenario, injected by its timetable, taken back, and watched until the
// target has come back from each.
//
// The injections of one [[fault]] come one after the other: the next begins when the target
// has come back from the one before, or 60 s after that was taken back. Those of several
// do not wait for each other.
//
//   Faults faults(setup);        before the target and the clients beside the mix start
//   faults.start(driver...);     with the load
//   faults.second(...);          each second
//   faults.stop();               takes everything back; so does the destructor
class Faults {
 public:
  struct Setup {
    Ground ground;  // loop, scenario, custodian, directory; target and the rest by start()
    Tally* tally = nullptr;
    bool skip_impossible = false;  // else the constructor throws when there are any
    bool latency_limits = true;    // false: the target runs under a profiler
  };

  // Prepares what faults need: small file systems are mounted, namespaces entered
  // (network.h says what that means). Throws Error that names every fault that cannot be
  // injected, and why.
  explicit Faults(Setup setup);
  Faults(const Faults&) = delete;
  Faults& operator=(const Faults&) = delete;
  ~Faults();

  // What faults are done on. All must stay until stop().
  struct Victims {
    TargetProcess* target = nullptr;
    const Addresses* addresses = nullptr;
    std::function<void(double share)> reset;  // Driver::reset_connections
  };
  // The timetable begins now.
  void start(const Victims& victims);

  // `memory`: of the target in bytes, 0 when not known.
  void second(const Second& second, std::int64_t memory);

  void stop();

  // What is under way now, for views: "pause 1s".
  std::vector<std::string> under_way() const;

  std::vector<load::FaultResult> results() const;
  std::vector<std::string> notes() const;  // for people

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tidemark::pressure
