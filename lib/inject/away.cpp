#include "lib/inject/away.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <algorithm>
#include <csignal>
#include <optional>
#include <string>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/inject/errand_code.h"

namespace tidemark {
namespace {

using Clock = Tracee::Clock;

constexpr std::uint64_t kRedZone = 128;
constexpr std::uint64_t kClearedFlags = 0x500;  // direction, which functions expect clear; trap
constexpr std::uint64_t kNoCall = ~std::uint64_t{0};
constexpr std::uint64_t kMailboxBelow = 64;
constexpr std::chrono::seconds kForOneCall{2};
constexpr std::chrono::microseconds kLookEvery{40};
constexpr std::size_t kLongestMessage = 1024;

constexpr std::uint64_t bit(int signal) { return std::uint64_t{1} << (signal - 1); }
// Faults of the thread itself are never held back: the kernel would end the process.
constexpr std::uint64_t kAllSignals =
    ~(bit(SIGSEGV) | bit(SIGBUS) | bit(SIGFPE) | bit(SIGILL) | bit(SIGTRAP) | bit(SIGSYS));

}  // namespace

Away::Away(Tracee& thread, const Known& known)
    : thread_(thread), known_(known), home_(thread.state()) {
  const SignalFrame frame =
      signal_frame(home_, home_.registers.rsp - kRedZone, known.landmarks.restorer);
  frame_ = frame.stack;
  mailbox_ = frame_ - kMailboxBelow;
  const MappedRange* const stack = known.space.at(home_.registers.rsp);
  if (stack == nullptr || mailbox_ < stack->start) {
    throw Error("the thread's stack has no room for a signal frame");
  }
  const std::uint64_t empty = 0;
  write(mailbox_, std::as_bytes(std::span(&empty, 1)));
  write(frame_, frame.bytes);
}

Away::~Away() {
  try {
    come_home();
  } catch (const Error&) {
    // It ended, or comes home alone.
  }
}

void Away::write(Address to, std::span<const std::byte> bytes) const {
  if (!known_.memory.write(to, bytes)) {
    throw Error(fmt::format("the target's memory cannot be written at {:#x}", to));
  }
}

void Away::go_to(Address code, Address stack) const {
  user_regs_struct registers = home_.registers;
  registers.rip = code;
  registers.rsp = stack;
  registers.orig_rax = kNoCall;  // that the kernel would begin again
  registers.eflags &= ~kClearedFlags;
  thread_.set_registers(registers);
}

// Makes the thread step over the instruction in libc's syscall(), whose end leads to the
// signal frame.
std::uint64_t Away::call(std::uint64_t number, const std::array<std::uint64_t, 6>& arguments) {
  user_regs_struct registers = home_.registers;
  registers.rip = known_.landmarks.system_call;
  registers.rsp = frame_;
  registers.rax = number;
  registers.rdi = arguments[0];
  registers.rsi = arguments[1];
  registers.rdx = arguments[2];
  registers.r10 = arguments[3];
  registers.r8 = arguments[4];
  registers.r9 = arguments[5];
  registers.orig_rax = kNoCall;
  registers.eflags &= ~kClearedFlags;
  thread_.set_registers(registers);
  where_ = Where::kOurs;
  thread_.block_signals(kAllSignals);
  const Clock::time_point limit = Clock::now() + kForOneCall;
  while (thread_.registers().rip == known_.landmarks.system_call) {
    thread_.go_on(Tracee::Until::kStep);
    const Tracee::Stop stop = thread_.wait(limit);
    if (stop == Tracee::Stop::kGone || stop == Tracee::Stop::kNothing) {
      where_ = Where::kOnItsWay;
      throw Error("the thread did not come back from a system call");
    }
  }
  return thread_.registers().rax;
}

void Away::await(Clock::time_point limit) {
  for (;;) {
    const Tracee::Stop stop = thread_.wait(std::min(limit, Clock::now() + kLookEvery));
    if (stop == Tracee::Stop::kGone) throw Error("the target ended meanwhile");
    // A SIGSTOP for all of the process, or a fault: it gets to know.
    if (stop != Tracee::Stop::kNothing) thread_.go_on(Tracee::Until::kStop);
    if (known_.memory.read<std::uint32_t>(mailbox_).value_or(0) == 1) return;
    if (Clock::now() >= limit) {
      throw Error("the thread takes too long; it goes on with its own work when it is done");
    }
  }
}

// Stops it where it waits for that at the end of its errand.
void Away::call_back() {
  const Clock::time_point limit = Clock::now() + kForOneCall;
  thread_.interrupt();
  while (thread_.wait(limit) != Tracee::Stop::kInterrupted) {
    if (Clock::now() >= limit) throw Error("the thread cannot be stopped after its errand");
    thread_.go_on(Tracee::Until::kStop);
  }
  const Address at = thread_.registers().rip;
  if (at >= page_ && at < page_ + kErrandBytes) {
    where_ = Where::kOurs;
    return;
  }
  where_ = Where::kHome;
  throw Error("the thread was called back too late to learn what it did; it went home alone");
}

std::int64_t Away::run(const Errand& errand, Clock::time_point limit) {
  page_ = call(SYS_mmap, {0, kErrandBytes, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
                          ~std::uint64_t{0}, 0});
  if (const auto error = -static_cast<std::int64_t>(page_); error > 0 && error < 4096) {
    page_ = 0;
    throw errno_error("the target may not map memory", static_cast<int>(error));
  }
  const Address stack = frame_ + sizeof(Address);
  write(page_, errand_code(
                   errand,
                   {.libc = known_.landmarks, .page = page_, .stack = stack, .mailbox = mailbox_}));
  go_to(page_, stack);
  where_ = Where::kOnItsWay;
  thread_.go_on(Tracee::Until::kStop);
  await(limit);
  call_back();
  const ErrandResult result = errand_result(thread_.registers());
  if (result.function != 0) return result.result;
  std::optional<std::string> why;
  if (result.why_not != 0) why = known_.memory.text(result.why_not, kLongestMessage);
  throw Error(why ? fmt::format("the target's loader says: {}", printable(*why))
                  : fmt::format("{} is not loaded in the target", errand.library));
}

void Away::come_home() {
  if (where_ != Where::kOurs) return;
  if (page_ != 0) call(SYS_munmap, {page_, kErrandBytes});
  // Its stop is one from which the kernel begins interrupted calls again.
  thread_.set_state(home_);
  where_ = Where::kHome;
}

}  // namespace tidemark
