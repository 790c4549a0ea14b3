#include "lib/base/error.h"
#include "lib/process/heap_agent.h"
#include "tools/memprof/backends/all_backends.h"

namespace tidemark::memprof {
namespace {

Command wrap(const Command& target, const Wrap& wrap) {
  return with_heap_agent(
      target, {.library = wrap.program, .prefix = wrap.raw / "heap", .more = wrap.options});
}

// A heap file is allocated in full, so that the agent cannot run into a full disk; most of it is
// empty in the end.
void compact(const std::filesystem::path& raw) {
  const std::vector<std::filesystem::path> files = heap_files_in(raw, "heap.");
  if (files.empty()) {
    throw Error("the heap agent left no file",
                "is the target linked statically, or setuid? the agent comes in by LD_PRELOAD");
  }
  for (const std::filesystem::path& file : files) snapshot_heap(file, file);
}

}  // namespace

constinit const Backend kHeapBackend = {
    .name = "heap",
    .summary = "heap by stack, sampled, with standard errors; for services that stay on",
    .library = "libtidemark_heap.so",
    .probe = Probe::kHeapFiles,
    .wrap = wrap,
    .finish = compact,
};

}  // namespace tidemark::memprof
