#include "lib/inject/landmarks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lib/base/error.h"
#include "lib/inject/remote_module.h"
#include "lib/inject/signal_frame.h"

namespace tidemark {
namespace {

constexpr std::string_view kLibc = "libc.so.";
constexpr std::string_view kOldLibc = "libc-2";  // libc-2.31.so, before glibc 2.34
constexpr std::size_t kMostCode = std::size_t{16} << 20;

std::string_view libc_of(const AddressSpace& space) {
  return space.module(kLibc) != nullptr ? kLibc : kOldLibc;
}

// In the code of the C library; 0: not there.
Address restorer_of(const AddressSpace& space, const RemoteMemory& memory) {
  const std::string_view libc = libc_of(space);
  for (const MappedRange& mapping : space.mappings()) {
    if (!mapping.executable || mapping.inode == 0 || !file_name(mapping).starts_with(libc))
      continue;
    std::vector<std::byte> code(std::min<std::size_t>(mapping.end - mapping.start, kMostCode));
    if (!memory.read(mapping.start, code)) continue;
    if (const auto at = find_restorer(code)) return mapping.start + *at;
  }
  return 0;
}

// In libc's syscall(): 0 when it does not look as it has for twenty years.
Address system_call_of(const AddressSpace& space, const RemoteMemory& memory) {
  // syscall; cmp $-4095, %rax; jae; ret
  constexpr std::array<unsigned char, 11> kEnd = {0x0f, 0x05, 0x48, 0x3d, 0x01, 0xf0,
                                                  0xff, 0xff, 0x73, 0x01, 0xc3};
  const Address start = find_symbol(space, memory, libc_of(space), "syscall");
  std::array<std::byte, 64> code{};
  if (start == 0 || !memory.read(start, code)) return 0;
  const auto end = std::as_bytes(std::span(kEnd));
  const auto* const found = std::search(code.begin(), code.end(), end.begin(), end.end());
  return found == code.end() ? 0 : start + static_cast<Address>(found - code.begin());
}

}  // namespace

Address find_symbol(const AddressSpace& space, const RemoteMemory& memory, std::string_view module,
                    std::string_view name) {
  const MappedRange* const first = space.module(module);
  if (first == nullptr || first->offset != 0) return 0;
  const std::optional<RemoteModule> library = RemoteModule::at(first->start, memory);
  return library ? library->symbol(name).value_or(0) : 0;
}

Landmarks find_landmarks(const AddressSpace& space, const RemoteMemory& memory) {
  const std::string_view libc = libc_of(space);
  // glibc 2.34 took libdl in.
  const auto dl = [&](std::string_view name) {
    const Address found = find_symbol(space, memory, libc, name);
    if (found != 0) return found;
    const Address apart = find_symbol(space, memory, "libdl.so.", name);
    return apart != 0 ? apart : find_symbol(space, memory, "libdl-2", name);
  };
  const Landmarks found = {.dlopen = dl("dlopen"),
                           .dlsym = dl("dlsym"),
                           .dlerror = dl("dlerror"),
                           .restorer = restorer_of(space, memory),
                           .system_call = system_call_of(space, memory)};
  if (found.dlopen == 0 || found.dlsym == 0 || found.dlerror == 0) {
    throw Error("its C library has no dlopen that we can find",
                "glibc before 2.34 has it in libdl, which the program does not use");
  }
  if (found.restorer == 0) throw Error("its C library has no __restore_rt that we can find");
  if (found.system_call == 0) throw Error("its C library has no syscall() that we can use");
  return found;
}

}  // namespace tidemark
