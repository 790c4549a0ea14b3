#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>

#include "lib/base/file.h"
#include "lib/process/launch.h"

namespace tidemark {

// What goes over the channel between a Tree and its keeper; one message is one
// packet. tree.cpp says who is who.
struct Order {
  enum class Kind : std::uint8_t { kSignal, kStop };
  Kind kind = Kind::kSignal;
  int signal = 0;
  pid_t ask = 0;  // kStop: whom; 0: the root
  std::int64_t grace_ms = 0;
};

struct Report {
  enum class Kind : std::uint8_t {
    kStarted,      // `pid` is the root, `keeper` the keeper
    kNotStarted,   // `text` and `hint` say why
    kEnded,        // the root or its last heir: `status`, `asked`, `killed`
    kNothingLeft,  // the whole tree is gone, `killed_others` by our SIGKILL; the last report
    kStuck,        // `text` names what a SIGKILL did not end
  };
  Kind kind = Kind::kStarted;
  pid_t keeper = 0;
  pid_t pid = 0;
  int status = 0;      // as waitpid() gives it
  bool asked = false;  // we had asked for it, by order or by signal
  bool killed = false;
  int killed_others = 0;
  std::array<char, 512> text{};
  std::array<char, 512> hint{};
};

// Our end of a keeper.
struct Keeper {
  Descriptor channel;   // orders out, reports in
  Descriptor lifeline;  // held open as long as we live
  pid_t anchor = 0;     // our child, the keeper's parent
  pid_t keeper = 0;
  pid_t root = 0;
};

// Starts a keeper, and `what` below it. Throws Error when that fails.
Keeper start_keeper(const Launch& what);

}  // namespace tidemark
