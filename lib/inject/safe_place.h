#pragma once

#include <sys/types.h>
#include <sys/user.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "lib/inject/address_space.h"
#include "lib/inject/remote_memory.h"

namespace tidemark {

// Whether a thread that stands still may be made to call dlopen: it must hold no lock of the
// loader or of an allocator, and none of their data may be half changed.
//
// Such a place is the end of a system call that neither of them makes, and that libc's
// function for it was called for: a thread that waits in epoll_wait, or has just received
// from a socket. Where no such call comes, any place outside of the loader, of libc and of
// allocators will do when nothing on its stack looks like a return into one of them.
struct Place {
  bool safe = false;
  std::string_view why_not;  // "it is inside the loader"
};

// A stopped thread, and what is around it.
struct Spot {
  const user_regs_struct& registers;
  std::uint64_t blocked_signals;
  const AddressSpace& space;
  const RemoteMemory& memory;
  Address restorer;  // libc's __restore_rt
};

// At the end of a system call.
Place place_after_call(const Spot& spot);

// Anywhere in its code.
Place place_in_code(const Spot& spot);

// Whether the registers are those of a call that was interrupted, and that the kernel means to
// begin again.
bool will_begin_again(const user_regs_struct& registers);

// Whether a system call is one of those. `operation` is its second argument, which matters
// for futex only: a wait for a lock is none, a wait for a condition is one.
bool is_harmless_call(long number, std::uint64_t operation);

// The threads of a process, those first that wait in a harmless call, and of them the first
// thread last: to stop one that waits costs nobody anything.
std::vector<pid_t> threads_by_idleness(pid_t pid);

}  // namespace tidemark
