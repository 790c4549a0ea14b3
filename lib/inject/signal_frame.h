#pragma once

#include <sys/user.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lib/inject/address_space.h"

namespace tidemark {

// All that makes up a stopped thread's place: to put it back is to undo whatever was done
// with the thread.
struct ThreadState {
  user_regs_struct registers{};
  std::vector<std::byte> extended;  // vector and floating point registers, as XSAVE lays them out
  std::uint64_t blocked_signals = 0;
};

// The frame that the kernel would put on the stack for a signal handler at this place. A
// function that returns into it (through libc's __restore_rt, which asks the kernel for
// rt_sigreturn) leaves the thread where it was, with no debugger's help. So a thread that
// was made to call a function comes back to its own work also when the one who made it do so
// was killed meanwhile.
struct SignalFrame {
  Address stack = 0;             // where it begins: the stack pointer at the function's entry
  std::vector<std::byte> bytes;  // to be written there; the first 8 are the return address
};

// The frame for `state` below `top`, which is the first byte above it that must be kept.
// `restorer` is the address of __restore_rt. A system call that was interrupted is begun
// again, or fails with EINTR, as signal(7) says.
SignalFrame signal_frame(const ThreadState& state, Address top, Address restorer);

// Where __restore_rt's code is in `code`; nothing when it is not.
std::optional<std::size_t> find_restorer(std::span<const std::byte> code);

}  // namespace tidemark
