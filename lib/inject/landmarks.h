#pragma once

#include "lib/inject/address_space.h"
#include "lib/inject/remote_memory.h"

namespace tidemark {

// What of its C library another process can be made to use.
struct Landmarks {
  Address dlopen = 0;
  Address dlsym = 0;
  Address dlerror = 0;
  Address restorer = 0;     // __restore_rt
  Address system_call = 0;  // the instruction in syscall(); what comes after it returns
};

// Throws Error when the process has no glibc with these.
Landmarks find_landmarks(const AddressSpace& space, const RemoteMemory& memory);

// What `name` is in the library that is mapped as `module`; 0: nothing.
Address find_symbol(const AddressSpace& space, const RemoteMemory& memory, std::string_view module,
                    std::string_view name);

}  // namespace tidemark
