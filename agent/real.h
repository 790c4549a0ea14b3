#pragma once

// The program's own allocation functions, which ours forward to.

#include <cstddef>
#include <cstdint>
#include <new>

namespace tidemark::agent {

using Size = std::size_t;
using Nothrow = const std::nothrow_t&;

// Each points to a function at any moment: before resolve_real(), to one that resolves first.
// Of the operators, index 0 is the plain form and 1 the one for arrays.
struct alignas(64) Real {
  void* (*malloc)(Size);
  void* (*calloc)(Size, Size);
  void* (*realloc)(void*, Size);
  void* (*reallocarray)(void*, Size, Size);
  void (*free)(void*);
  void* (*memalign)(Size, Size);
  int (*posix_memalign)(void**, Size, Size);
  void* (*aligned_alloc)(Size, Size);
  void* (*valloc)(Size);
  void* (*pvalloc)(Size);
  void* (*make[2])(Size);
  void* (*make_nothrow[2])(Size, Nothrow);
  void* (*make_aligned[2])(Size, std::align_val_t);
  void* (*make_aligned_nothrow[2])(Size, std::align_val_t, Nothrow);
  void (*drop[2])(void*);
  void (*drop_sized[2])(void*, Size);
  void (*drop_nothrow[2])(void*, Nothrow);
  void (*drop_aligned[2])(void*, std::align_val_t);
  void (*drop_sized_aligned[2])(void*, Size, std::align_val_t);
  void (*drop_aligned_nothrow[2])(void*, std::align_val_t, Nothrow);
};
// Hidden here too: else the compiler asks the loader's table where it lies, at each call.
// NOLINTNEXTLINE(bugprone-dynamic-static-initializers): it is constinit.
extern Real real [[gnu::visibility("hidden")]];

// Points `real` to what comes after this library when it is preloaded, and to what the
// program's own calls reach when it was put into a running program. A second call does nothing.
void resolve_real();

// What the program allocates with.
struct Allocator {
  bool seen;            // its calls come through our functions when this library is preloaded
  bool owns_operators;  // operator new is the allocator's, it does not call malloc
};
Allocator allocator();

}  // namespace tidemark::agent
