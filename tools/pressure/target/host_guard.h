#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lib/load/scenario.h"
#include "lib/process/guard.h"

namespace tidemark::pressure {

// Says when a run must end so that the machine does not suffer: lib/process's Guard for
// memory and CPU, and the room on the file systems that we write to. Never a verdict on
// the target.
class HostGuard {
 public:
  // `places`: files or directories; those that are not there are left out.
  HostGuard(const load::GuardPlan& plan, std::vector<std::filesystem::path> places);

  // Once a second. The reason to stop, for people, once a limit was passed for the time
  // that the plan allows.
  std::optional<std::string> check();

  // The same for a reading of somebody else; `free` by place, in bytes.
  std::optional<std::string> check(const HostReading& host, const std::vector<std::int64_t>& free);

 private:
  Guard guard_;
  std::vector<std::filesystem::path> places_;
  std::int64_t disk_free_;
  int polls_;
  int beyond_ = 0;  // readings in a row with too little room
};

// What is left for us on the file system that holds `place`; nothing: not known.
std::optional<std::int64_t> room_at(const std::filesystem::path& place);

// How much more memory may be used before the guard's limit is reached; 0: none.
std::int64_t memory_room(const load::GuardPlan& plan, const HostReading& host);

}  // namespace tidemark::pressure
