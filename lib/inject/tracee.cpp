#include "lib/inject/tracee.h"

#include <elf.h>
#include <fmt/format.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <csignal>
#include <ctime>
#include <utility>

#include "lib/base/error.h"

namespace tidemark {
namespace {

constexpr std::size_t kMostExtendedState = 65536;  // 11 KiB with AMX, so far
constexpr timespec kShort{.tv_sec = 0, .tv_nsec = 20'000};

// glibc's wrapper names its requests in an enumeration that lacks some.
long trace(int request, pid_t tid, std::uint64_t address, void* data) {
  return ::ptrace(static_cast<__ptrace_request>(request), tid, address, data);
}

long trace(int request, pid_t tid, std::uint64_t address = 0, std::uint64_t data = 0) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel's interface
  return trace(request, tid, address, reinterpret_cast<void*>(data));
}

void check(long result, std::string_view what, pid_t tid) {
  if (result < 0) throw errno_error(fmt::format("{} thread {}", what, tid));
}

}  // namespace

std::optional<Tracee> Tracee::seize(pid_t tid) {
  if (trace(PTRACE_SEIZE, tid, 0, std::uint64_t{PTRACE_O_TRACESYSGOOD}) != 0) return std::nullopt;
  return Tracee(tid);
}

Tracee::Tracee(Tracee&& other) noexcept
    : tid_(std::exchange(other.tid_, 0)), signal_(other.signal_), stopped_(other.stopped_) {}

void Tracee::let_go() {
  if (tid_ == 0) return;
  if (!stopped_) {
    // One that runs cannot be let go.
    interrupt();
    if (wait(Clock::now() + std::chrono::seconds(5)) == Stop::kGone) return;
  }
  trace(PTRACE_DETACH, tid_, 0, static_cast<std::uint64_t>(signal_));
  tid_ = 0;
}

void Tracee::interrupt() const { trace(PTRACE_INTERRUPT, tid_); }

Tracee::Stop Tracee::read_status(int status) {
  if (!WIFSTOPPED(status)) {
    tid_ = 0;
    return Stop::kGone;
  }
  stopped_ = true;
  const int signal = WSTOPSIG(status);
  if (signal == (SIGTRAP | 0x80)) return Stop::kSyscall;
  if (status >> 16 != 0) return Stop::kInterrupted;
  if (!stepping_ || signal != SIGTRAP) signal_ = signal;
  return Stop::kSignal;
}

// Asks again and again, since no wait has a time limit. It sleeps between: the target may be
// waiting for our processor.
Tracee::Stop Tracee::wait(Clock::time_point limit) {
  for (;;) {
    int status = 0;
    const pid_t got = ::waitpid(tid_, &status, __WALL | WNOHANG);
    if (got == tid_) return read_status(status);
    if (got < 0) {
      tid_ = 0;
      return Stop::kGone;
    }
    if (Clock::now() >= limit) return Stop::kNothing;
    ::nanosleep(&kShort, nullptr);
  }
}

void Tracee::go_on(Until until) {
  int request = PTRACE_CONT;
  if (until == Until::kSyscall) request = PTRACE_SYSCALL;
  if (until == Until::kStep) request = PTRACE_SINGLESTEP;
  check(trace(request, tid_, 0, static_cast<std::uint64_t>(signal_)), "continuing", tid_);
  signal_ = 0;
  stopped_ = false;
  stepping_ = until == Until::kStep;
}

bool Tracee::at_syscall_exit() const {
  __ptrace_syscall_info call{};
  const long size = trace(PTRACE_GET_SYSCALL_INFO, tid_, sizeof(call), &call);
  check(size, "asking for the system call of", tid_);
  return call.op == PTRACE_SYSCALL_INFO_EXIT;
}

user_regs_struct Tracee::registers() const {
  user_regs_struct registers{};
  iovec place{.iov_base = &registers, .iov_len = sizeof(registers)};
  check(trace(PTRACE_GETREGSET, tid_, NT_PRSTATUS, &place), "reading the registers of", tid_);
  if (place.iov_len != sizeof(registers)) {
    throw Error(fmt::format("thread {} runs 32-bit code", tid_));
  }
  return registers;
}

ThreadState Tracee::state() const {
  ThreadState state{.registers = registers()};
  state.extended.resize(kMostExtendedState);
  iovec place{.iov_base = state.extended.data(), .iov_len = state.extended.size()};
  check(trace(PTRACE_GETREGSET, tid_, NT_X86_XSTATE, &place), "reading the vector registers of",
        tid_);
  state.extended.resize(place.iov_len);
  state.blocked_signals = blocked_signals();
  return state;
}

void Tracee::set_registers(const user_regs_struct& registers) const {
  user_regs_struct copy = registers;
  iovec place{.iov_base = &copy, .iov_len = sizeof(copy)};
  check(trace(PTRACE_SETREGSET, tid_, NT_PRSTATUS, &place), "setting the registers of", tid_);
}

void Tracee::set_state(const ThreadState& state) const {
  std::vector<std::byte> extended = state.extended;
  iovec place{.iov_base = extended.data(), .iov_len = extended.size()};
  block_signals(state.blocked_signals);
  check(trace(PTRACE_SETREGSET, tid_, NT_X86_XSTATE, &place), "setting the vector registers of",
        tid_);
  set_registers(state.registers);
}

std::uint64_t Tracee::blocked_signals() const {
  std::uint64_t mask = 0;
  check(trace(PTRACE_GETSIGMASK, tid_, sizeof(mask), &mask), "reading the signal mask of", tid_);
  return mask;
}

void Tracee::block_signals(std::uint64_t mask) const {
  check(trace(PTRACE_SETSIGMASK, tid_, sizeof(mask), &mask), "setting the signal mask of", tid_);
}

}  // namespace tidemark
