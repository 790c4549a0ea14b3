#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/load/scenario.h"
#include "tools/pressure/engine/beside.h"

namespace tidemark::pressure {

// Any command as a source of load, started with the run and ended with it. What it writes
// is in the run directory, NAME.stdout and NAME.stderr; with `repeat`, that of the last
// round, and that of the first few that failed as NAME.failed-1.stdout and so on.
//
// The label NAME counts rounds and how long they took; one that ends by itself with
// anything but 0 is a failure (kStatus), one that cannot be started, too (kConnect). It
// finds the target in PRESSURE_TARGET and the seed in PRESSURE_SEED.
class ProgramClient {
 public:
  // Throws UsageError: there is no such program.
  ProgramClient(const BesideSetup& setup, const load::Program& plan);
  ProgramClient(ProgramClient&&) noexcept;
  ProgramClient& operator=(ProgramClient&&) noexcept;
  ~ProgramClient();

  void start();
  void stop();  // asks it to end; who does not within 2 s is killed by the destructor

  // What went wrong, for people; each thing once.
  const std::vector<std::string>& warnings() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tidemark::pressure
