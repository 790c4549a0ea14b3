#pragma once

#include <sys/types.h>
#include <sys/user.h>

#include <chrono>
#include <cstdint>
#include <optional>

#include "lib/inject/signal_frame.h"

namespace tidemark {

// One thread of another process, under our control for a moment. It runs on when this goes,
// and when we are killed: we never ask the kernel to end or stop it then.
//
// What is ours is the thread that made it: all calls come from there.
class Tracee {
 public:
  using Clock = std::chrono::steady_clock;

  // Why a thread stopped, as far as we care.
  enum class Stop : std::uint8_t {
    kInterrupted,  // because we asked; or with the whole process (SIGSTOP)
    kSyscall,      // at the entry or exit of a system call
    kSignal,       // about to get a signal
    kGone,         // it ended
    kNothing,      // it runs on: the time was up
  };

  // Takes hold of the thread without stopping it; nothing when we may not, or when it is no
  // more: errno says which.
  static std::optional<Tracee> seize(pid_t tid);
  Tracee(Tracee&& other) noexcept;
  Tracee& operator=(Tracee&&) = delete;
  Tracee(const Tracee&) = delete;
  Tracee& operator=(const Tracee&) = delete;
  ~Tracee() { let_go(); }

  pid_t tid() const { return tid_; }

  // Asks it to stop; wait() then says when it has.
  void interrupt() const;

  // Lets it run on, without us.
  void let_go();

  // The next stop, at most until `limit`.
  Stop wait(Clock::time_point limit);

  // Lets it run on: to its next stop, or also to the next entry or exit of a system call, or
  // over one instruction (then it stops with SIGTRAP, which it does not get). A signal that it
  // was about to get is delivered.
  enum class Until : std::uint8_t { kStop, kSyscall, kStep };
  void go_on(Until until);

  // Whether the stop is the exit of a system call. REQUIRES: wait() gave kSyscall.
  bool at_syscall_exit() const;

  // All of its state, and back. REQUIRES: it is stopped. Throw Error.
  ThreadState state() const;
  void set_state(const ThreadState& state) const;
  void set_registers(const user_regs_struct& registers) const;
  user_regs_struct registers() const;
  std::uint64_t blocked_signals() const;
  void block_signals(std::uint64_t mask) const;

 private:
  explicit Tracee(pid_t tid) : tid_(tid) {}
  Stop read_status(int status);

  pid_t tid_;       // 0: none any more
  int signal_ = 0;  // that it is about to get
  bool stopped_ = false;
  bool stepping_ = false;
};

}  // namespace tidemark
