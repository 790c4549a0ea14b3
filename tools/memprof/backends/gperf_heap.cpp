#include "lib/process/heap_dumps.h"
#include "tools/memprof/backends/all_backends.h"

namespace tidemark::memprof {
namespace {

// A dump is asked for by signal: at each snapshot, and before the target is
// stopped, because one that dies of SIGTERM would write none.
Command wrap(const Command& target, const Wrap& wrap) {
  return with_heap_dumps(target, wrap.program, wrap.raw / "gperf-heap");
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
