#pragma once

#include <array>
#include <csignal>

namespace tidemark {

// Counts SIGINT, SIGTERM and SIGHUP instead of dying of them, while it lives:
// the first asks for a gentle stop, the second for one at once. The third ends
// the process as if nobody had caught it, so that a tool that hangs can still be
// ended. A signal that was ignored before (nohup) stays ignored.
//
// There is one at a time: signal actions belong to the process. Start a Tree
// after it or before it, as you like.
class Interrupts {
 public:
  Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;
  ~Interrupts();  // restores what was before

  // How many came so far.
  int count() const;

  // The first one, such as SIGINT; 0: none came.
  int signal() const;

  // Readable from the first signal on, for poll().
  int fd() const;

 private:
  static constexpr std::array<int, 3> kSignals = {SIGINT, SIGTERM, SIGHUP};
  std::array<struct sigaction, kSignals.size()> before_{};
};

}  // namespace tidemark
