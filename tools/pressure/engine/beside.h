#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/load/scenario.h"
#include "lib/process/custodian.h"
#include "tools/pressure/engine/address.h"
#include "tools/pressure/engine/loop.h"
#include "tools/pressure/engine/tally.h"

namespace tidemark::pressure {

// What clients beside the mix are made with. Each kind (SSE, WebSocket, SQL, files, a
// program) is a class in its own directory:
//
//   Kind kind(setup, plan);   may throw UsageError or Error: the run does not begin
//   kind.start();             works on the loop from here on, counts into the tally
//   kind.stop();              no more work; what it opened, started and made is gone
//                             when the destructor returns
//
// Labels begin with the name that the scenario gives it: "chat", "chat.ack".
struct BesideSetup {
  Loop* loop = nullptr;
  Tally* tally = nullptr;
  const load::Scenario* scenario = nullptr;
  const Addresses* addresses = nullptr;  // of scenario->target
  std::string name;                      // "chat"
  std::string directory;                 // the run directory, for output that is kept
  std::uint64_t seed = 1;
  std::vector<std::string> owned = {};  // hosts that --i-own-this-target named
  Custodian* custodian = nullptr;       // takes back what is left when we are killed
  // Takes what is no duration and no request: "edit.queue", once a second.
  std::function<void(std::string_view name, double value)> gauge = {};
};

}  // namespace tidemark::pressure
