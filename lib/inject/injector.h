#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "lib/inject/address_space.h"

namespace tidemark {

// What a thread of another process is made to do.
struct Errand {
  std::string library;   // to load, by the path that the process sees
  std::string function;  // of it, to call: long function(const char*)
  std::string argument;
  // Whether the library is to be loaded. Otherwise nothing happens unless it is there already.
  enum class Loading : std::uint8_t { kLoad, kOnlyIfThere } loading = Loading::kLoad;
};

struct ErrandLimits {
  std::chrono::milliseconds seek{2000};  // to find a thread at a place where it may be done
  std::chrono::milliseconds run{5000};   // for the thread to do it
};

// How it went.
struct Visit {
  pid_t thread = 0;
  std::int64_t result = 0;              // what the function gave
  std::chrono::microseconds stopped{};  // how long the thread was kept from its own work
  std::chrono::microseconds queued{};   // of that, waiting for a processor that others had
  std::chrono::microseconds sought{};   // until it was at a place where it may be
};

// Makes one thread of `pid` run the errand and puts it back where it was; all others run on
// meanwhile. Throws Error when that was not possible, with the thread back at its own work.
//
// Plain ptrace: no code of the program is changed, and of its data only what is below the
// thread's stack. At any moment the thread comes back by itself: when we are killed in the
// middle it finishes the errand and returns through a signal frame (signal_frame.h). Then
// 16 KiB of address space stay behind, and a wait with a time limit that it was in fails
// with EINTR, as after a signal. Signals that come meanwhile wait in the kernel.
Visit send_errand(pid_t pid, const Errand& errand, const ErrandLimits& limits = {});

// Whether the library of that file name is loaded in `pid`.
bool has_library(pid_t pid, std::string_view file_name);

}  // namespace tidemark
