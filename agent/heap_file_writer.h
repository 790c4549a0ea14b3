#pragma once

// Makes the heap file of this process and maps it: `heap` then points into it.

#include "agent/config.h"
#include "agent/heap_file.h"

namespace tidemark::agent {

// Makes `heap` empty in every child of fork. Returns false when the kernel cannot do that: then
// there must be no file. Once, before the first.
bool protect_heap_from_fork();

struct NewFile {
  const Config& config;
  heap_file::Origin origin;
  std::uint64_t file_bytes;
};

// Returns false, and leaves nothing behind, when the file cannot be made whole: then the
// program goes on without a profile. REQUIRES: only one thread calls it, by Status::kBeingMade.
bool make_heap_file(const NewFile& wanted);

// Leaves the file to whoever reads it: threads that are still inside find memory of this process
// in its place, whose header says kStopped.
void unmap_heap_file();

// Says why less than everything is seen; the first reason stays.
void set_trouble(const char* trouble);

}  // namespace tidemark::agent
