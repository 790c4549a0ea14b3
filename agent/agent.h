#pragma once

// Starting and stopping: when there is a heap file, and with what configuration.

#include <cstdint>

#include "agent/config.h"
#include "agent/heap_file.h"

namespace tidemark::agent {

// For whoever puts the agent into a running program. Opens the heap file, and binds `real` to
// the functions that the program's calls reach at present; to be called before any of the
// program's calls are led to the hooks. `text` is as in TIDEMARK_HEAP. Returns null, or why
// there is no heap file. An agent that was stopped starts again, with a new file.
const char* open_heap(const char* text, heap_file::Origin origin);

// No more samples. The heap file stays as it is, as State::kStopped; of an agent that was
// injected it is not mapped any more, so that its space is free once it is removed.
void stop_heap();

// Called at each sample: modules may have been loaded since the last one; null: nobody asks.
// Not in children of fork, where the loader's lock may be held for ever.
// NOLINTNEXTLINE(bugprone-dynamic-static-initializers): it is constinit.
extern void (*modules_changed)();

const Config& config();

// Whether this process is to have a heap file. False for the moment is_being_asked().
bool is_file_wanted();
bool is_being_asked();

// Whether there is a heap file to write to. Makes it when there should be one: at the first
// sample of a program, or of a child of fork. False while another thread is making it.
bool ensure_open();

// A start for a thread's random numbers.
std::uint64_t new_seed();

}  // namespace tidemark::agent
