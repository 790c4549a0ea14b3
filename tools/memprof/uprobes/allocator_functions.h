#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "lib/inject/address_space.h"

namespace tidemark::memprof {

// Which arguments say how many bytes are asked for.
enum class SizeRule : std::uint8_t { kFirst, kFirstTimesSecond, kSecond, kThird };

// A function that allocates, in a process that runs, and where it is probed.
struct AllocatorFunction {
  std::string name;
  SizeRule size = SizeRule::kFirst;
  std::uint64_t start = 0;   // in the process
  std::uint64_t end = 0;     // one past its last address there
  std::uint64_t probed = 0;  // the address of the probed instruction, in the process
  std::uint64_t offset = 0;  // of that, in the file
  bool emulated = false;
};

// The functions by which a process allocates: those of the module whose malloc it uses.
struct Allocator {
  pid_t pid = 0;
  std::filesystem::path file;  // to be opened by us
  std::string module;          // as the process knows it
  std::vector<AllocatorFunction> functions;
};

// Throws Error when no module of the process has a malloc that can be found: a stripped static
// program, or a file that was replaced since.
Allocator allocator_of(pid_t pid, const AddressSpace& space);

}  // namespace tidemark::memprof
