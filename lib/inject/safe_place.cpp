#include "lib/inject/safe_place.h"

#include <fmt/format.h>
#include <linux/futex.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <span>
#include <tuple>

#include "lib/base/numbers.h"
#include "lib/process/proc.h"

namespace tidemark {
namespace {

// Calls that wait or move bytes. Malloc and the loader make none of them from libc's own code,
// apart from reading files that the loader opens: it does so from its own.
constexpr std::array<long, 40> kHarmless = {SYS_accept,
                                            SYS_accept4,
                                            SYS_clock_nanosleep,
                                            SYS_connect,
                                            SYS_epoll_ctl,
                                            SYS_epoll_pwait,
                                            SYS_epoll_wait,
                                            SYS_fdatasync,
                                            SYS_fsync,
                                            SYS_getsockopt,
                                            SYS_io_getevents,
                                            SYS_lseek,
                                            SYS_msgrcv,
                                            SYS_msgsnd,
                                            SYS_nanosleep,
                                            SYS_pause,
                                            SYS_poll,
                                            SYS_ppoll,
                                            SYS_pread64,
                                            SYS_preadv,
                                            SYS_pselect6,
                                            SYS_pwrite64,
                                            SYS_pwritev,
                                            SYS_read,
                                            SYS_readv,
                                            SYS_recvfrom,
                                            SYS_recvmmsg,
                                            SYS_recvmsg,
                                            SYS_rt_sigtimedwait,
                                            SYS_select,
                                            SYS_semop,
                                            SYS_semtimedop,
                                            SYS_sendfile,
                                            SYS_sendmmsg,
                                            SYS_sendmsg,
                                            SYS_sendto,
                                            SYS_setsockopt,
                                            SYS_wait4,
                                            SYS_waitid,
                                            SYS_write};
constexpr std::array<long, 6> kHarmlessToo = {SYS_restart_syscall, SYS_rt_sigsuspend,
                                              SYS_epoll_pwait2,    SYS_io_uring_enter,
                                              SYS_writev,          SYS_io_pgetevents};

// What the kernel leaves in rax of a call that it means to begin again.
constexpr std::int64_t kFirstRestart = -516;
constexpr std::int64_t kLastRestart = -512;

constexpr std::size_t kLookForHandlers = 65536;  // bytes of stack
constexpr std::size_t kLookForCallers = 8192;

bool is_loader(const MappedRange& mapping) {
  return mapping.inode != 0 && file_name(mapping).starts_with("ld-");
}

bool is_c_library(const MappedRange& mapping) {
  const std::string_view name = file_name(mapping);
  return mapping.inode != 0 &&
         (name.starts_with("libc.so") || name.starts_with("libc-2") || name.starts_with("libdl"));
}

bool is_allocator(const MappedRange& mapping) {
  constexpr std::array<std::string_view, 6> kNames = {"libjemalloc", "libtcmalloc", "libmimalloc",
                                                      "libhoard",    "librpmalloc", "libsnmalloc"};
  return mapping.inode != 0 && std::ranges::any_of(kNames, [&](std::string_view name) {
           return file_name(mapping).starts_with(name);
         });
}

bool is_delicate(const MappedRange& mapping) {
  return is_loader(mapping) || is_c_library(mapping) || is_allocator(mapping);
}

// The words on the stack, up to `most` bytes, up to its end.
std::vector<Address> words_above(const Spot& spot, std::size_t most) {
  const Address from = spot.registers.rsp;
  const MappedRange* const stack = spot.space.at(from);
  if (stack == nullptr) return {};
  std::vector<Address> words(std::min<std::size_t>(most, stack->end - from) / sizeof(Address));
  if (!spot.memory.read(from, std::as_writable_bytes(std::span(words)))) return {};
  return words;
}

// The kernel's rt_sigframe, in words from its return address on.
constexpr std::size_t kSavedRsi = 6 + 9;
constexpr std::size_t kSavedRax = 6 + 13;
constexpr std::size_t kSavedRip = 6 + 16;
constexpr std::size_t kSavedMask = 38;

// Whether a handler whose frame this is interrupted a call that waits: one that is to be begun
// again, or that failed with EINTR, which those that malloc makes never do.
bool interrupted_a_wait(const Spot& spot, std::span<const Address> frame) {
  constexpr std::uint16_t kSystemCall = 0x050f;
  const Address rip = frame[kSavedRip];
  const auto rax = static_cast<std::int64_t>(frame[kSavedRax]);
  if (spot.memory.read<std::uint16_t>(rip) == kSystemCall) {
    return is_harmless_call(rax, frame[kSavedRsi]);
  }
  return rax == -EINTR && spot.memory.read<std::uint16_t>(rip - 2) == kSystemCall;
}

// A handler may have interrupted malloc. Its frame returns to libc's __restore_rt, and keeps
// the signals that were blocked before: fewer than now, since its own is blocked meanwhile. That
// tells it from what is left on the stack of handlers that are over.
bool in_handler(const Spot& spot) {
  const std::uint64_t now = spot.blocked_signals;
  const std::vector<Address> words = words_above(spot, kLookForHandlers);
  for (std::size_t i = 0; i + kSavedMask < words.size(); ++i) {
    if (words[i] != spot.restorer) continue;
    const std::span<const Address> frame = std::span(words).subspan(i);
    const std::uint64_t before = frame[kSavedMask];
    const bool over = before == now || (before & ~now) != 0;
    if (!over && !interrupted_a_wait(spot, frame)) return true;
  }
  return false;
}

// Where a thread waits: the number of the call and its second argument.
struct Waits {
  long number = -1;  // it runs
  std::uint64_t operation = 0;
};

Waits waits(pid_t pid, pid_t tid) {
  const auto text = read_kernel_file(fmt::format("/proc/{}/task/{}/syscall", pid, tid));
  if (!text) return {};
  const std::vector<std::string_view> parts = fields(*text);
  if (parts.size() < 3) return {};
  const auto number = to_number(parts[0]);
  const auto operation = to_hex(parts[2]);
  if (!number || !operation) return {};
  return {.number = static_cast<long>(*number), .operation = *operation};
}

}  // namespace

bool will_begin_again(const user_regs_struct& registers) {
  const auto result = static_cast<std::int64_t>(registers.rax);
  return kFirstRestart <= result && result <= kLastRestart;
}

bool is_harmless_call(long number, std::uint64_t operation) {
  if (number == SYS_futex) {
    constexpr std::uint64_t kFlags = FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME;
    // glibc waits for locks with FUTEX_WAIT, for all else with this.
    return (operation & ~kFlags) == FUTEX_WAIT_BITSET;
  }
  return std::ranges::find(kHarmless, number) != kHarmless.end() ||
         std::ranges::find(kHarmlessToo, number) != kHarmlessToo.end();
}

Place place_after_call(const Spot& spot) {
  const auto number = static_cast<long>(spot.registers.orig_rax);
  if (number < 0) return {.why_not = "it is in no system call"};
  if (!is_harmless_call(number, spot.registers.rsi)) {
    return {.why_not = "it is in a system call that the allocator or the loader may have made"};
  }
  const MappedRange* const code = spot.space.at(spot.registers.rip);
  if (code == nullptr) return {.why_not = "it runs code that is mapped since a moment"};
  if (is_loader(*code) || is_allocator(*code)) {
    return {.why_not = "it is inside the loader or the allocator"};
  }
  if (in_handler(spot)) return {.why_not = "it is inside a signal handler"};
  return {.safe = true};
}

Place place_in_code(const Spot& spot) {
  const MappedRange* const code = spot.space.at(spot.registers.rip);
  if (code == nullptr || code->inode == 0) return {.why_not = "it runs code that is in no file"};
  if (is_delicate(*code)) return {.why_not = "it is inside the loader, libc or the allocator"};
  if (in_handler(spot)) return {.why_not = "it is inside a signal handler"};
  const std::vector<Address> words = words_above(spot, kLookForCallers);
  const bool delicate = std::ranges::any_of(words, [&](Address word) {
    const MappedRange* const mapping = spot.space.at(word);
    return mapping != nullptr && mapping->executable &&
           (is_loader(*mapping) || is_allocator(*mapping));
  });
  if (delicate) return {.why_not = "the loader or the allocator may be among its callers"};
  return {.safe = true};
}

std::vector<pid_t> threads_by_idleness(pid_t pid) {
  // Runs; is the first, on which most programs do their work; tid.
  std::vector<std::tuple<bool, bool, pid_t>> threads;
  std::error_code failed;
  const std::filesystem::path tasks = fmt::format("/proc/{}/task", pid);
  for (const auto& entry : std::filesystem::directory_iterator(tasks, failed)) {
    const auto tid = to_number(entry.path().filename().string());
    if (!tid) continue;
    const Waits where = waits(pid, static_cast<pid_t>(*tid));
    threads.emplace_back(!is_harmless_call(where.number, where.operation), *tid == pid,
                         static_cast<pid_t>(*tid));
  }
  std::ranges::sort(threads);
  std::vector<pid_t> tids;
  tids.reserve(threads.size());
  for (const auto& [runs, first, tid] : threads) tids.push_back(tid);
  return tids;
}

}  // namespace tidemark
