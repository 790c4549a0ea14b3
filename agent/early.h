#pragma once

#include <cstddef>

namespace tidemark::agent {

// Memory for what is asked for before the program's allocator is known: the loader and an
// allocator's own start-up may allocate a little. Each block begins at a page, and is in the filter
// of addresses, so that free and realloc take a closer look at it. Null when it is used up.
void* early_block(std::size_t size);

// Puts all of them into the filter again, after it was emptied.
void recognise_early_blocks();

bool is_early_block(const void* block);
std::size_t early_block_size(const void* block);

}  // namespace tidemark::agent
