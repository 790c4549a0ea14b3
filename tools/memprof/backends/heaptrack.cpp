#include "tools/memprof/backends/all_backends.h"

namespace tidemark::memprof {
namespace {

// heaptrack is a script that waits for the target, its child, and then
// finishes the file: so the child is asked to stop, never the script.
Command wrap(const Command& target, const Wrap& wrap) {
  return target.under({wrap.program.string(), "-o", (wrap.raw / "heaptrack").string()});
}

}  // namespace

constinit const Backend kHeaptrackBackend = {
    .name = "heaptrack",
    .summary = "every allocation by stack, over time; 2 to 4 times slower",
    .program = "heaptrack",
    .package = "heaptrack",
    .slow_down = 2,
    .owns_root = true,
    .wrap = wrap,
};

}  // namespace tidemark::memprof
