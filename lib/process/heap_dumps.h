#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string_view>

#include "lib/process/command.h"

namespace tidemark {

// Free in every service that we know; 12, which gperftools proposes, is nginx's.
inline constexpr int kHeapDumpSignal = 40;

// Where the loader would find the library `name` ("libtcmalloc.so.4"); empty when it
// would not.
std::filesystem::path find_library(std::string_view name);

// `target` on gperftools' tcmalloc, which keeps account of every allocation (10 to 40 times
// slower where a program does little else) and writes PREFIX.0001.heap, PREFIX.0002.heap, ...
// one at each kHeapDumpSignal. The limits that would make it dump by itself are set out of
// reach. A process that is forked without exec goes on with the numbers of its parent, and
// so overwrites its files.
Command with_heap_dumps(Command target, const std::filesystem::path& library,
                        const std::filesystem::path& prefix);

// Whether `pid` has a handler for `signal`: one that has none would die of it.
bool handles(pid_t pid, int signal);

}  // namespace tidemark
