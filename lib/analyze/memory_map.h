#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/base/file.h"

namespace tidemark {

// What a part of a process's memory is.
enum class MemoryKind : std::uint8_t {
  kHeap,       // [heap]: what brk() gave to malloc
  kArenas,     // 64 MiB pieces that glibc's malloc makes for threads
  kAnonymous,  // other private memory without a file: large blocks, other allocators' pools
  kStacks,     // of the main thread, and of others as glibc makes them
  kData,       // written pages of programs, libraries and other private files
  kCode,       // executable pages of files
  kFiles,      // other pages of files
  kShared,     // shared memory: shm, memfd, SysV
  kOther,      // the kernel's own: vdso, vvar
};
inline constexpr std::size_t kMemoryKinds = 9;

// "heap (brk)", "thread arenas", ...: for people.
std::string_view name_of(MemoryKind kind);

// Of one kind, or of all, in bytes.
struct MemorySize {
  std::int64_t rss = 0;
  std::int64_t pss = 0;  // shared pages divided among their users
  std::int64_t swap = 0;
  std::int64_t size = 0;  // of address space
  std::int64_t huge = 0;  // of rss, in huge pages
  std::int64_t maps = 0;  // how many mappings

  MemorySize& operator+=(const MemorySize& other);
};

struct MemoryMap {
  std::array<MemorySize, kMemoryKinds> kinds;

  const MemorySize& operator[](MemoryKind kind) const {
    return kinds[static_cast<std::size_t>(kind)];
  }
  MemoryMap& operator+=(const MemoryMap& other);
};

// Reads the text of /proc/PID/smaps. Threads' stacks and glibc's arenas have no name there;
// they are known by their shape: a stack follows a guard page, an arena fills the front of
// an aligned 64 MiB whose rest is reserved. Throws Error with the line.
MemoryMap read_smaps(const Input& input);

}  // namespace tidemark
