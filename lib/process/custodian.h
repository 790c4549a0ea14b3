#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "lib/base/file.h"
#include "lib/process/proc.h"

namespace tidemark {

// Something that we do to the machine and that is to be taken back.
struct Debt {
  enum class Kind : std::uint8_t {
    kContinue,  // `pid` is stopped: SIGCONT
    kRemove,    // the directory `path`, with all that is in it
    kUnmount,   // what is mounted on `path`
    kCgroup,    // the cgroup `path`: what runs in it is killed, then it is removed
  };
  Kind kind = Kind::kContinue;
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;
  std::filesystem::path path = {};
};

Debt to_continue(const ProcessStatus& process);

// A process beside ours that pays our debts when we cannot any more: whatever signal ends
// us, it notices that its channel to us closed, and takes everything back, the last thing
// first. Only who kills both at once leaves something behind. No signal but SIGKILL moves
// it, and it is in no session of ours.
//
//   const auto id = custodian.owe(debt);  do it;  ...;  custodian.take_back(id);
//
// It stays in the namespaces in which it was made. A directory is only removed while it
// is the one that was there at owe(); no link in it is followed. A pid that became another
// process's meanwhile is left alone.
//
// REQUIRES: made before the calling process has more than one thread.
class Custodian {
 public:
  enum class Id : std::uint32_t {};

  // Throws Error.
  Custodian();
  Custodian(const Custodian&) = delete;
  Custodian& operator=(const Custodian&) = delete;
  ~Custodian();  // takes back what is left

  // It is remembered when this returns. Throws Error when the custodian is gone.
  Id owe(const Debt& debt);

  // Does it now, and waits for that; what went wrong, for people, or nothing. A second
  // time does nothing.
  std::string take_back(Id id);

  pid_t pid() const { return pid_; }

 private:
  Descriptor channel_;
  pid_t pid_ = 0;
  std::uint32_t last_ = 0;
};

}  // namespace tidemark
