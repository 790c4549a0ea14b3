#include "lib/inject/signal_frame.h"

#include <asm/sigcontext.h>
#include <cpuid.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace tidemark {
namespace {

// The kernel's struct rt_sigframe without the siginfo, which rt_sigreturn does not read.
struct KernelFrame {
  std::uint64_t return_address;
  std::uint64_t flags;
  std::uint64_t link;
  std::uint64_t stack_address;
  std::uint32_t stack_flags;
  std::uint32_t unused;
  std::uint64_t stack_size;
  sigcontext_64 context;
  std::uint64_t blocked_signals;
};
constexpr std::uint64_t kHasExtendedState = 1;       // UC_FP_XSTATE
constexpr std::uint32_t kKeepAlternateStack = 0xff;  // no valid flags: the kernel changes nothing
constexpr std::uint64_t kSavesStackSegment = 6;      // UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS

constexpr std::size_t kSoftwareBytes = 464;  // in the XSAVE area, for the kernel to use
constexpr std::size_t kFeaturesInUse = 512;  // XSTATE_BV
constexpr std::uint64_t kTiles = std::uint64_t{3} << 17;  // AMX
constexpr std::size_t kExtendedAlignment = 64;
constexpr std::size_t kLegacyBytes = 576;  // x87, SSE and the header

// In pointer arithmetic of the kernel's: what an interrupted system call holds in rax.
constexpr std::int64_t kRestartSys = -512;
constexpr std::int64_t kRestartNoIntr = -513;
constexpr std::int64_t kRestartNoHand = -514;
constexpr std::int64_t kRestartBlock = -516;
constexpr std::uint64_t kSyscallInstruction = 2;  // bytes

// How much of the extended state to give back: a thread that never used AMX has no room for its
// 8 KiB in the kernel either, which would then refuse all of it.
std::size_t extended_size(std::uint64_t enabled, std::uint64_t in_use, std::size_t size) {
  if ((in_use & kTiles) != 0) return size;
  std::size_t end = kLegacyBytes;
  for (unsigned feature = 2; feature < 63; ++feature) {
    if ((std::uint64_t{1} << feature & enabled & ~kTiles) == 0) continue;
    unsigned bytes = 0;
    unsigned offset = 0;
    unsigned flags = 0;
    unsigned unused = 0;
    if (__get_cpuid_count(0xd, feature, &bytes, &offset, &flags, &unused) == 0) break;
    if (bytes == 0 || (flags & 1U) != 0) continue;  // absent, or the kernel's own
    end = std::max<std::size_t>(end, std::size_t{offset} + bytes);
  }
  return std::min(end, size);
}

template <typename T>
T load(std::span<const std::byte> bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

template <typename T>
void store(std::span<std::byte> bytes, std::size_t offset, const T& value) {
  std::memcpy(bytes.data() + offset, &value, sizeof(value));
}

// As the kernel's signal frames carry it: with what says how long it is.
std::vector<std::byte> framed(const std::vector<std::byte>& extended) {
  if (extended.size() < kLegacyBytes) return extended;  // a processor without XSAVE
  const auto enabled = load<std::uint64_t>(extended, kSoftwareBytes);
  const auto in_use = load<std::uint64_t>(extended, kFeaturesInUse);
  const std::size_t size = extended_size(enabled, in_use, extended.size());
  std::vector<std::byte> bytes(extended.begin(),
                               extended.begin() + static_cast<std::ptrdiff_t>(size));
  _fpx_sw_bytes software{};
  software.magic1 = FP_XSTATE_MAGIC1;
  software.extended_size = static_cast<std::uint32_t>(size + FP_XSTATE_MAGIC2_SIZE);
  software.xfeatures = (in_use & kTiles) != 0 ? enabled : enabled & ~kTiles;
  software.xstate_size = static_cast<std::uint32_t>(size);
  store(bytes, kSoftwareBytes, software);
  bytes.resize(size + FP_XSTATE_MAGIC2_SIZE);
  store(bytes, size, std::uint32_t{FP_XSTATE_MAGIC2});
  return bytes;
}

// What the kernel would do with the registers before a handler runs.
user_regs_struct after_interruption(user_regs_struct registers) {
  if (static_cast<std::int64_t>(registers.orig_rax) < 0) return registers;
  switch (static_cast<std::int64_t>(registers.rax)) {
    case kRestartSys:
    case kRestartNoIntr:
    case kRestartNoHand:  // a handler would see EINTR; there was none
      registers.rax = registers.orig_rax;
      registers.rip -= kSyscallInstruction;
      break;
    case kRestartBlock:  // how to go on is lost with the first rt_sigreturn
      registers.rax = static_cast<std::uint64_t>(-EINTR);
      break;
    default:
      break;
  }
  return registers;
}

sigcontext_64 context_of(const user_regs_struct& from) {
  sigcontext_64 to{};
  to.r8 = from.r8;
  to.r9 = from.r9;
  to.r10 = from.r10;
  to.r11 = from.r11;
  to.r12 = from.r12;
  to.r13 = from.r13;
  to.r14 = from.r14;
  to.r15 = from.r15;
  to.di = from.rdi;
  to.si = from.rsi;
  to.bp = from.rbp;
  to.bx = from.rbx;
  to.dx = from.rdx;
  to.ax = from.rax;
  to.cx = from.rcx;
  to.sp = from.rsp;
  to.ip = from.rip;
  to.flags = from.eflags;
  to.cs = static_cast<std::uint16_t>(from.cs);
  to.ss = static_cast<std::uint16_t>(from.ss);
  return to;
}

}  // namespace

SignalFrame signal_frame(const ThreadState& state, Address top, Address restorer) {
  const std::vector<std::byte> extended = framed(state.extended);
  const Address extended_at = (top - extended.size()) & ~Address{kExtendedAlignment - 1};
  // At a function's entry the stack pointer is 8 below a multiple of 16.
  const Address begin = ((extended_at - sizeof(KernelFrame)) & ~Address{15}) - 8;
  KernelFrame frame{};
  frame.return_address = restorer;
  frame.flags = kHasExtendedState | kSavesStackSegment;
  frame.stack_flags = kKeepAlternateStack;
  frame.context = context_of(after_interruption(state.registers));
  frame.context.fpstate = extended_at;
  frame.blocked_signals = state.blocked_signals;
  SignalFrame made{.stack = begin, .bytes = std::vector<std::byte>(top - begin)};
  store(made.bytes, 0, frame);
  std::ranges::copy(extended,
                    made.bytes.begin() + static_cast<std::ptrdiff_t>(extended_at - begin));
  return made;
}

std::optional<std::size_t> find_restorer(std::span<const std::byte> code) {
  // mov $15, %rax; syscall
  constexpr std::array<unsigned char, 9> kCode = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};
  const auto wanted = std::as_bytes(std::span(kCode));
  const auto found = std::search(code.begin(), code.end(), wanted.begin(), wanted.end());
  if (found == code.end()) return std::nullopt;
  return static_cast<std::size_t>(found - code.begin());
}

}  // namespace tidemark
