#include "agent/hooks.h"

#include <cerrno>
#include <cstddef>
#include <new>

#include "agent/real.h"
#include "agent/recognition.h"
#include "agent/sampler.h"
#include "agent/thread.h"

// Each function is a subtraction, a branch and a jump to the real one. What is rare lies in
// sampler.cpp.

namespace {

using tidemark::agent::forget;
using tidemark::agent::is_due;
using tidemark::agent::maybe_sampled;
using tidemark::agent::Nothrow;
using tidemark::agent::real;
using tidemark::agent::sample_new;
using tidemark::agent::Size;

// What free does with a block that may be sampled. Most are not: they got an address that a
// sampled block had before, or were mapped by themselves. Nothing is saved on the stack on the
// way to the real function.
[[gnu::noinline]] void free_sampled(void* block) {
  if (forget(block)) real.free(block);
}

Size alignment_of() { return 1; }
Size alignment_of(Nothrow) { return 1; }
Size alignment_of(std::align_val_t alignment) { return static_cast<Size>(alignment); }
Size alignment_of(std::align_val_t alignment, Nothrow) { return static_cast<Size>(alignment); }

template <class Make, class... More>
[[gnu::noinline]] void* new_slowly(Make make, Size size, More&&... more) {
  void* block = sample_new(alignment_of(more...), size);
  return block != nullptr ? block : make(size, more...);
}

// The same for the forms of operator delete; a sized one goes to the one without a size.
template <class Drop>
[[gnu::noinline]] void drop_slowly(void* block, Drop drop) {
  if (forget(block)) drop(block);
}

}  // namespace

#pragma GCC visibility push(default)

extern "C" {

void* malloc(Size size) {
  if (is_due(size)) [[unlikely]]
    return tidemark::agent::sample_malloc(size);
  return real.malloc(size);
}

void free(void* block) {
  if (maybe_sampled(block)) [[unlikely]]
    return free_sampled(block);
  real.free(block);
}

void* calloc(Size count, Size size) {
  Size bytes = 0;
  if (!__builtin_mul_overflow(count, size, &bytes) && is_due(bytes)) [[unlikely]]
    return tidemark::agent::sample_calloc(count, size);
  return real.calloc(count, size);
}

void* realloc(void* block, Size size) {
  const bool due = is_due(size);
  if (due || maybe_sampled(block)) [[unlikely]]
    return tidemark::agent::resize(block, size, due);
  return real.realloc(block, size);
}

void* reallocarray(void* block, Size count, Size size) {
  Size bytes = 0;
  if (!__builtin_mul_overflow(count, size, &bytes)) return realloc(block, bytes);
  errno = ENOMEM;
  return nullptr;
}

void* memalign(Size alignment, Size size) {
  if (is_due(size)) [[unlikely]]
    return tidemark::agent::sample_memalign(alignment, size);
  return real.memalign(alignment, size);
}

int posix_memalign(void** block, Size alignment, Size size) {
  if (is_due(size)) [[unlikely]]
    return tidemark::agent::sample_posix_memalign(block, alignment, size);
  return real.posix_memalign(block, alignment, size);
}

void* aligned_alloc(Size alignment, Size size) {
  if (is_due(size)) [[unlikely]]
    return tidemark::agent::sample_aligned_alloc(alignment, size);
  return real.aligned_alloc(alignment, size);
}

void* valloc(Size size) {
  if (is_due(size)) [[unlikely]]
    return tidemark::agent::sample_valloc(size);
  return real.valloc(size);
}

void* pvalloc(Size size) {
  if (is_due(size)) [[unlikely]]
    return tidemark::agent::sample_pvalloc(size);
  return real.pvalloc(size);
}

}  // extern "C"

// NOLINTBEGIN(misc-new-delete-overloads): all forms are here, the rule knows fewer.

void* operator new(Size size) {
  if (is_due(size)) [[unlikely]]
    return new_slowly(real.make[0], size);
  return real.make[0](size);
}

void* operator new[](Size size) {
  if (is_due(size)) [[unlikely]]
    return new_slowly(real.make[1], size);
  return real.make[1](size);
}

void* operator new(Size size, Nothrow tag) noexcept {
  if (is_due(size)) [[unlikely]]
    return new_slowly(real.make_nothrow[0], size, tag);
  return real.make_nothrow[0](size, tag);
}

void* operator new(Size size, std::align_val_t alignment) {
  if (is_due(size)) [[unlikely]]
    return new_slowly(real.make_aligned[0], size, alignment);
  return real.make_aligned[0](size, alignment);
}

void* operator new(Size size, std::align_val_t alignment, Nothrow tag) noexcept {
  if (is_due(size)) [[unlikely]]
    return new_slowly(real.make_aligned_nothrow[0], size, alignment, tag);
  return real.make_aligned_nothrow[0](size, alignment, tag);
}

void* operator new[](Size size, Nothrow tag) noexcept {
  if (is_due(size)) [[unlikely]]
    return new_slowly(real.make_nothrow[1], size, tag);
  return real.make_nothrow[1](size, tag);
}

void* operator new[](Size size, std::align_val_t alignment) {
  if (is_due(size)) [[unlikely]]
    return new_slowly(real.make_aligned[1], size, alignment);
  return real.make_aligned[1](size, alignment);
}

void* operator new[](Size size, std::align_val_t alignment, Nothrow tag) noexcept {
  if (is_due(size)) [[unlikely]]
    return new_slowly(real.make_aligned_nothrow[1], size, alignment, tag);
  return real.make_aligned_nothrow[1](size, alignment, tag);
}

void operator delete(void* block) noexcept {
  if (maybe_sampled(block)) [[unlikely]]
    return drop_slowly(block, [](void* sampled) { real.drop[0](sampled); });
  real.drop[0](block);
}

void operator delete(void* block, Size size) noexcept {
  if (maybe_sampled(block)) [[unlikely]]
    return drop_slowly(block, [](void* sampled) { real.drop[0](sampled); });
  real.drop_sized[0](block, size);
}

void operator delete(void* block, Nothrow tag) noexcept {
  if (maybe_sampled(block)) [[unlikely]]
    return drop_slowly(block, [](void* sampled) { real.drop[0](sampled); });
  real.drop_nothrow[0](block, tag);
}

void operator delete(void* block, std::align_val_t alignment) noexcept {
  if (maybe_sampled(block)) [[unlikely]]
    return drop_slowly(block,
                       [alignment](void* sampled) { real.drop_aligned[0](sampled, alignment); });
  real.drop_aligned[0](block, alignment);
}

void operator delete(void* block, Size size, std::align_val_t alignment) noexcept {
  if (maybe_sampled(block)) [[unlikely]]
    return drop_slowly(block,
                       [alignment](void* sampled) { real.drop_aligned[0](sampled, alignment); });
  real.drop_sized_aligned[0](block, size, alignment);
}

void operator delete(void* block, std::align_val_t alignment, Nothrow tag) noexcept {
  if (maybe_sampled(block)) [[unlikely]]
    return drop_slowly(block,
                       [alignment](void* sampled) { real.drop_aligned[0](sampled, alignment); });
  real.drop_aligned_nothrow[0](block, alignment, tag);
}

void operator delete[](void* block) noexcept {
  if (maybe_sampled(block)) [[unlikely]]
    return drop_slowly(block, [](void* sampled) { real.drop[1](sampled); });
  real.drop[1](block);
}

void operator delete[](void* block, Size size) noexcept {
  if (maybe_sampled(block)) [[unlikely]]
    return drop_slowly(block, [](void* sampled) { real.drop[1](sampled); });
  real.drop_sized[1](block, size);
}

void operator delete[](void* block, Nothrow tag) noexcept {
  if (maybe_sampled(block)) [[unlikely]]
    return drop_slowly(block, [](void* sampled) { real.drop[1](sampled); });
  real.drop_nothrow[1](block, tag);
}

void operator delete[](void* block, std::align_val_t alignment) noexcept {
  if (maybe_sampled(block)) [[unlikely]]
    return drop_slowly(block,
                       [alignment](void* sampled) { real.drop_aligned[1](sampled, alignment); });
  real.drop_aligned[1](block, alignment);
}

void operator delete[](void* block, Size size, std::align_val_t alignment) noexcept {
  if (maybe_sampled(block)) [[unlikely]]
    return drop_slowly(block,
                       [alignment](void* sampled) { real.drop_aligned[1](sampled, alignment); });
  real.drop_sized_aligned[1](block, size, alignment);
}

void operator delete[](void* block, std::align_val_t alignment, Nothrow tag) noexcept {
  if (maybe_sampled(block)) [[unlikely]]
    return drop_slowly(block,
                       [alignment](void* sampled) { real.drop_aligned[1](sampled, alignment); });
  real.drop_aligned_nothrow[1](block, alignment, tag);
}

// NOLINTEND(misc-new-delete-overloads)

#pragma GCC visibility pop

namespace tidemark::agent {
namespace {

template <class Function>
void* at(Function* function) {
  return reinterpret_cast<void*>(function);
}

using New = void*(Size);
using NewNothrow = void*(Size, Nothrow) noexcept;
using NewAligned = void*(Size, std::align_val_t);
using NewAlignedNothrow = void*(Size, std::align_val_t, Nothrow) noexcept;
using Delete = void(void*) noexcept;
using DeleteSized = void(void*, Size) noexcept;
using DeleteNothrow = void(void*, Nothrow) noexcept;
using DeleteAligned = void(void*, std::align_val_t) noexcept;
using DeleteSizedAligned = void(void*, Size, std::align_val_t) noexcept;
using DeleteAlignedNothrow = void(void*, std::align_val_t, Nothrow) noexcept;

const Hook kHooks[] = {
    {"malloc", at(&malloc)},
    {"free", at(&free)},
    {"calloc", at(&calloc)},
    {"realloc", at(&realloc)},
    {"reallocarray", at(&reallocarray)},
    {"memalign", at(&memalign)},
    {"posix_memalign", at(&posix_memalign)},
    {"aligned_alloc", at(&aligned_alloc)},
    {"valloc", at(&valloc)},
    {"pvalloc", at(&pvalloc)},
    {"_Znwm", at<New>(&operator new)},
    {"_Znam", at<New>(&operator new[])},
    {"_ZnwmRKSt9nothrow_t", at<NewNothrow>(&operator new)},
    {"_ZnamRKSt9nothrow_t", at<NewNothrow>(&operator new[])},
    {"_ZnwmSt11align_val_t", at<NewAligned>(&operator new)},
    {"_ZnamSt11align_val_t", at<NewAligned>(&operator new[])},
    {"_ZnwmSt11align_val_tRKSt9nothrow_t", at<NewAlignedNothrow>(&operator new)},
    {"_ZnamSt11align_val_tRKSt9nothrow_t", at<NewAlignedNothrow>(&operator new[])},
    {"_ZdlPv", at<Delete>(&operator delete)},
    {"_ZdaPv", at<Delete>(&operator delete[])},
    {"_ZdlPvm", at<DeleteSized>(&operator delete)},
    {"_ZdaPvm", at<DeleteSized>(&operator delete[])},
    {"_ZdlPvRKSt9nothrow_t", at<DeleteNothrow>(&operator delete)},
    {"_ZdaPvRKSt9nothrow_t", at<DeleteNothrow>(&operator delete[])},
    {"_ZdlPvSt11align_val_t", at<DeleteAligned>(&operator delete)},
    {"_ZdaPvSt11align_val_t", at<DeleteAligned>(&operator delete[])},
    {"_ZdlPvmSt11align_val_t", at<DeleteSizedAligned>(&operator delete)},
    {"_ZdaPvmSt11align_val_t", at<DeleteSizedAligned>(&operator delete[])},
    {"_ZdlPvSt11align_val_tRKSt9nothrow_t", at<DeleteAlignedNothrow>(&operator delete)},
    {"_ZdaPvSt11align_val_tRKSt9nothrow_t", at<DeleteAlignedNothrow>(&operator delete[])},
};

}  // namespace

std::span<const Hook> hooks() { return kHooks; }

}  // namespace tidemark::agent
