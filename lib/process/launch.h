#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <vector>

#include "lib/process/command.h"

namespace tidemark {

// A command that is ready to start: the program found, its files open.
struct Launch {
  Command command;
  std::filesystem::path program;  // absolute
  int output = -1;                // becomes its standard output
  int errors = -1;
  std::uint64_t open_files = 0;  // as in TreeOptions
  std::vector<std::filesystem::path> cgroups = {};
};

// Finds the program of `command`. Throws Error when it is empty or there is none.
Launch prepare(const Command& command);

// Starts it as a child of the calling process, which must have one thread: in a
// session of its own, killed when the caller dies, with default signal actions,
// /dev/null for standard input, and no open files but the three. One that cannot enter its
// cgroups says so on its standard error and ends with 126. Throws Error.
pid_t launch(const Launch& what);

}  // namespace tidemark
