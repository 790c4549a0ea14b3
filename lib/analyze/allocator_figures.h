#pragma once

#include <cstdint>
#include <string>

#include "lib/base/file.h"

namespace tidemark {

// What an allocator says of itself, in bytes; below 0: it does not say.
struct AllocatorFigures {
  std::string allocator;       // "glibc malloc", "jemalloc", "tcmalloc"
  std::int64_t live = -1;      // given to the program and not given back
  std::int64_t kept = -1;      // given back, and kept for the next: whole pages, free lists
  std::int64_t gaps = -1;      // unused within pages that hold something
  std::int64_t own = -1;       // its own tables
  std::int64_t returned = -1;  // address space that it gave back to the kernel
};

// Reads any of these texts, wherever it stands in the input (a log, say):
//
//   malloc_info(0, f)          glibc: <malloc version="1"> ... </malloc>
//   malloc_stats_print()       jemalloc: "Allocated: 1, active: 2, metadata: 3 ..."
//   MALLOCSTATS, GetStats()    tcmalloc: "MALLOC:  123 ( 0.0 MiB) Bytes in use by ..."
//   INFO memory                redis: "allocator_allocated:123"
//   HEAPPROFILE                gperftools: "heap profile: 1: 123 [...": live bytes alone
//
// glibc's free chunks are one number: whether they fill whole pages is not said, and
// pages in their middle may have been returned. Throws Error when it is none.
AllocatorFigures read_allocator_figures(const Input& input);

}  // namespace tidemark
