#pragma once

#include <filesystem>
#include <functional>

#include "lib/load/scenario.h"
#include "lib/process/custodian.h"
#include "tools/pressure/engine/address.h"
#include "tools/pressure/engine/loop.h"
#include "tools/pressure/target/target_process.h"

namespace tidemark::pressure {

class NetworkBox;
class FullDisks;

// What faults are done with and on.
struct Ground {
  Loop* loop = nullptr;
  const load::Scenario* scenario = nullptr;
  TargetProcess* target = nullptr;
  Custodian* custodian = nullptr;
  const Addresses* addresses = nullptr;     // of the scenario's target
  std::function<void(double share)> reset;  // Driver::reset_connections
  std::filesystem::path directory;          // the run directory
  NetworkBox* network = nullptr;
  FullDisks* disks = nullptr;
};

}  // namespace tidemark::pressure
