#pragma once

#include <sys/user.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/inject/address_space.h"
#include "lib/inject/injector.h"
#include "lib/inject/landmarks.h"

namespace tidemark {

// Where the code of an errand goes, and what is around it; addresses in the target.
struct ErrandSite {
  Landmarks libc;
  Address page = 0;     // kErrandBytes that can be read and executed
  Address stack = 0;    // where the thread waits at the end: 8 above the start of a signal frame
  Address mailbox = 0;  // 4 bytes, 0; 1 when it waits
};
inline constexpr std::size_t kErrandBytes = 16384;

// x86-64 code that loads the library, calls the function, both on a stack that it maps for the
// time, writes to the mailbox, waits to be called back, and when nobody does, goes back to the
// thread's own work by rt_sigreturn. Behind it are the texts that it needs. Throws Error when
// they are too long.
std::vector<std::byte> errand_code(const Errand& errand, const ErrandSite& site);

// What the thread found out, from its registers while it waits.
struct ErrandResult {
  Address function = 0;     // 0: the library or the function could not be found
  std::int64_t result = 0;  // what the function gave
  Address why_not = 0;      // the loader's text about it; 0: none
};
ErrandResult errand_result(const user_regs_struct& registers);

}  // namespace tidemark
