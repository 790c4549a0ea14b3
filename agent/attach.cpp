#include <dlfcn.h>

#include "agent/agent.h"
#include "agent/heap.h"
#include "agent/patch.h"

// What an injector calls in the program.

extern "C" {

// Leads the program's allocations to the agent. Returns null, or why that is not done.
[[gnu::visibility("default")]] const char* tidemark_heap_start(const char* config) {
  using namespace tidemark::agent;
  const char* const problem = open_heap(config, tidemark::heap_file::Origin::kInjected);
  if (problem != nullptr) return problem;
  heap.header->slots_patched = patch_imports();
  __atomic_store_n(&modules_changed, &patch_new_modules, __ATOMIC_RELEASE);
  return nullptr;
}

// The opposite. The library stays: threads may be inside, and blocks that were sampled live.
[[gnu::visibility("default")]] void tidemark_heap_stop() {
  using namespace tidemark::agent;
  __atomic_store_n(&modules_changed, nullptr, __ATOMIC_RELEASE);
  restore_imports();
  stop_heap();
}

}  // extern "C"
