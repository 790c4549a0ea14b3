#include <string>

#include "tools/memprof/backends/all_backends.h"

namespace tidemark::memprof {
namespace {

// A dump is asked for by signal: at each snapshot, and before the target is
// stopped, because one that dies of SIGTERM would write none. The limits that
// would make it dump by itself are set out of reach.
Command wrap(const Command& target, const Wrap& wrap) {
  Command command = target;
  command.environment["LD_PRELOAD"] = wrap.program.string();
  command.environment["HEAPPROFILE"] = (wrap.raw / "gperf-heap").string();
  command.environment["HEAPPROFILESIGNAL"] = std::to_string(kHeapDumpSignal);
  command.environment["HEAP_PROFILE_ALLOCATION_INTERVAL"] = "0";
  command.environment["HEAP_PROFILE_INUSE_INTERVAL"] = "0";
  return command;
}

}  // namespace

constinit const Backend kGperfHeapBackend = {
    .name = "gperf-heap",
    .summary = "heap in use by stack, by gperftools' tcmalloc, preloaded; exact, 40 times slower",
    .library = "libtcmalloc.so.4",
    .package = "libgoogle-perftools4",
    .slow_down = 4,
    .probe = Probe::kHeapDumpSignal,
    .wrap = wrap,
};

}  // namespace tidemark::memprof
