#include "lib/inject/safe_place.h"

#include <gmock/gmock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

namespace tidemark {
namespace {

constexpr Address kRestorer = 0x1234567890;
constexpr std::uint64_t kBlocked = 0x200;

// This process as a thread that has just made a system call, with `stack` as its stack: all
// that is looked at, or what lies beside it here, the restorer's address among it, could pass for
// a handler's frame.
struct Here {
  AddressSpace space = AddressSpace::of(::getpid());
  RemoteMemory memory = RemoteMemory::of(::getpid());
  std::array<Address, 65536 / sizeof(Address)> stack{};

  user_regs_struct registers{};

  Spot spot(long call, Address at) {
    registers.orig_rax = static_cast<unsigned long long>(call);
    registers.rip = at;
    registers.rsp = reinterpret_cast<Address>(stack.data());
    return {.registers = registers,
            .blocked_signals = kBlocked,
            .space = space,
            .memory = memory,
            .restorer = kRestorer};
  }
};

TEST(SafePlace, IsAfterACallThatOnlyWaits) {
  Here here;
  const Address libc = reinterpret_cast<Address>(&::read);
  EXPECT_TRUE(place_after_call(here.spot(SYS_epoll_wait, libc)).safe);
}

TEST(SafePlace, IsNotAfterACallThatMallocMakes) {
  Here here;
  const Address libc = reinterpret_cast<Address>(&::read);
  for (const int call : {SYS_brk, SYS_mmap, SYS_munmap, SYS_madvise, SYS_mprotect, -1}) {
    EXPECT_FALSE(place_after_call(here.spot(call, libc)).safe) << call;
  }
}

TEST(SafePlace, IsNotInTheLoader) {
  Here here;
  const MappedRange* const loader = here.space.module("ld-linux");
  ASSERT_NE(loader, nullptr);
  EXPECT_EQ(place_after_call(here.spot(SYS_read, loader->start)).why_not,
            "it is inside the loader or the allocator");
}

TEST(SafePlace, IsNotInASignalHandler) {
  Here here;
  here.stack[4] = kRestorer;
  const Address libc = reinterpret_cast<Address>(&::read);
  EXPECT_EQ(place_after_call(here.spot(SYS_read, libc)).why_not, "it is inside a signal handler");
}

TEST(SafePlace, WaitsForConditionsAreHarmlessAndThoseForLocksAreNot) {
  EXPECT_TRUE(is_harmless_call(SYS_futex, 0x189));  // pthread_cond_wait
  EXPECT_FALSE(is_harmless_call(SYS_futex, 0x80));  // pthread_mutex_lock
}

// Somewhere in the code of a module; 0 when it is not loaded.
Address code_of(const Here& here, std::string_view module) {
  for (const MappedRange& mapping : here.space.mappings()) {
    if (mapping.executable && file_name(mapping).starts_with(module)) return mapping.start + 16;
  }
  return 0;
}

TEST(SafePlace, InCodeIsOutsideOfLibc) {
  Here here;
  // Not this program's code: under a sanitizer it is the allocator, and has a read of its own.
  const Address own = code_of(here, "libstdc++");
  const Address libc = code_of(here, "libc.so");
  EXPECT_TRUE(place_in_code(here.spot(-1, own)).safe);
  EXPECT_FALSE(place_in_code(here.spot(-1, libc)).safe);
  const Address loader = code_of(here, "ld-");
  ASSERT_NE(loader, 0U);
  here.stack[3] = loader;
  EXPECT_FALSE(place_in_code(here.spot(-1, own)).safe);
}

}  // namespace
}  // namespace tidemark
