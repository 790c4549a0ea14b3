#include "agent/agent.h"

// What an injector calls in the program.

extern "C" {

// Returns null, or why there is no heap file.
[[gnu::visibility("default")]] const char* tidemark_heap_start(const char* config) {
  return tidemark::agent::open_heap(config, tidemark::heap_file::Origin::kInjected);
}

[[gnu::visibility("default")]] void tidemark_heap_stop() { tidemark::agent::stop_heap(); }

}  // extern "C"
