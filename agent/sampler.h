#pragma once

// The slow paths of the hooks: taken once per sample, and by frees and reallocs of what may be
// a sampled block.

#include "agent/real.h"

namespace tidemark::agent {

// For a block that is due. Each returns what the real function would have.
void* sample_malloc(Size size);
void* sample_calloc(Size count, Size size);
void* sample_memalign(Size alignment, Size size);
int sample_posix_memalign(void** block, Size alignment, Size size);
void* sample_aligned_alloc(Size alignment, Size size);
void* sample_valloc(Size size);
void* sample_pvalloc(Size size);
// operator new: a sampled block, or null when this one is not taken or there is no memory; the
// real operator is asked then.
void* sample_new(Size alignment, Size size);

// realloc for a block that may be sampled, or when the new size is due.
void* resize(void* block, Size size, bool due);

// A block that may be sampled is about to be freed. Returns false when it is one of the
// agent's own, which must not be.
bool forget(void* block);

}  // namespace tidemark::agent
