#include "agent/real.h"

#include <dlfcn.h>
#include <link.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include "agent/atomics.h"
#include "agent/early.h"
#include "agent/symbols.h"
#include "agent/thread.h"

namespace tidemark::agent {
namespace {

enum class Resolved : std::uint32_t { kNot, kNow, kYes };
std::uint32_t resolved = 0;
constinit Allocator known{};

bool is_resolving() { return load(resolved) == static_cast<std::uint32_t>(Resolved::kNow); }

// What `real` points to before: the first call resolves, and calls that the resolving makes
// itself are served from memory of our own.
bool resolve_first() {
  if (is_resolving()) return false;
  resolve_real();
  return !is_resolving();
}

void* first_malloc(Size size) { return resolve_first() ? real.malloc(size) : early_block(size); }

void* first_calloc(Size count, Size size) {
  if (resolve_first()) return real.calloc(count, size);
  Size bytes = 0;
  return __builtin_mul_overflow(count, size, &bytes) ? nullptr : early_block(bytes);
}

void* first_realloc(void* block, Size size) {
  if (resolve_first()) return real.realloc(block, size);
  void* moved = early_block(size);
  if (moved != nullptr && block != nullptr && is_early_block(block)) {
    const Size old = early_block_size(block);
    memcpy(moved, block, old < size ? old : size);
  }
  return moved;
}

void first_free(void* block) {
  if (resolve_first()) real.free(block);
}

void* first_memalign(Size alignment, Size size) {
  return resolve_first() ? real.memalign(alignment, size) : early_block(size);
}

int first_posix_memalign(void** block, Size alignment, Size size) {
  if (resolve_first()) return real.posix_memalign(block, alignment, size);
  *block = early_block(size);
  return *block == nullptr ? ENOMEM : 0;
}

void* first_aligned_alloc(Size alignment, Size size) {
  return resolve_first() ? real.aligned_alloc(alignment, size) : early_block(size);
}

void* first_page_alloc(Size size) {
  return resolve_first() ? real.valloc(size) : early_block(size);
}

// Functions that an allocator may lack, in terms of those that each has.

void* reallocarray_by_realloc(void* block, Size count, Size size) {
  Size bytes = 0;
  if (!__builtin_mul_overflow(count, size, &bytes)) return real.realloc(block, bytes);
  errno = ENOMEM;
  return nullptr;
}

void* no_memory(Size) {
  errno = ENOMEM;
  return nullptr;
}

void* no_aligned_memory(Size, Size) {
  errno = ENOMEM;
  return nullptr;
}

int no_posix_memory(void**, Size, Size) { return ENOMEM; }

void* valloc_by_memalign(Size size) { return real.memalign(4096, size); }

void* pvalloc_by_memalign(Size size) {
  Size rounded = 0;
  if (__builtin_add_overflow(size, Size{4095}, &rounded)) return no_memory(size);
  return real.memalign(4096, rounded / 4096 * 4096);
}

// operator new as the C++ library has it, without its second way through malloc. Only when
// there is no memory its own comes in, which knows the new_handler and throws.
struct Operators {
  void* (*make[2])(Size);
  void* (*make_nothrow[2])(Size, Nothrow);
  void* (*make_aligned[2])(Size, std::align_val_t);
  void* (*make_aligned_nothrow[2])(Size, std::align_val_t, Nothrow);
};
constinit Operators library{};

Size at_least_one(Size size) { return size == 0 ? 1 : size; }

// A program in C may load the C++ library later.
template <class Function>
Function* late(const char* name) {
  void* found = find_function(name, Among::kOthers);
  if (found == nullptr) abort();  // no one is there who could throw
  return reinterpret_cast<Function*>(found);
}

template <int kForm>
void* make_by_malloc(Size size) {
  void* block = real.malloc(at_least_one(size));
  if (block != nullptr) return block;
  auto* next = library.make[kForm];
  return next != nullptr ? next(size) : late<void*(Size)>(kForm == 0 ? "_Znwm" : "_Znam")(size);
}

template <int kForm>
void* make_nothrow_by_malloc(Size size, Nothrow tag) {
  void* block = real.malloc(at_least_one(size));
  auto* next = library.make_nothrow[kForm];
  return block != nullptr || next == nullptr ? block : next(size, tag);
}

void* aligned_block(Size size, std::align_val_t alignment) {
  const auto align = static_cast<Size>(alignment);
  Size rounded = 0;
  if (__builtin_add_overflow(at_least_one(size), align - 1, &rounded)) return nullptr;
  return real.aligned_alloc(align, rounded / align * align);
}

template <int kForm>
void* make_aligned_by_malloc(Size size, std::align_val_t alignment) {
  void* block = aligned_block(size, alignment);
  if (block != nullptr) return block;
  auto* next = library.make_aligned[kForm];
  if (next != nullptr) return next(size, alignment);
  constexpr const char* kName = kForm == 0 ? "_ZnwmSt11align_val_t" : "_ZnamSt11align_val_t";
  return late<void*(Size, std::align_val_t)>(kName)(size, alignment);
}

template <int kForm>
void* make_aligned_nothrow_by_malloc(Size size, std::align_val_t alignment, Nothrow tag) {
  void* block = aligned_block(size, alignment);
  auto* next = library.make_aligned_nothrow[kForm];
  return block != nullptr || next == nullptr ? block : next(size, alignment, tag);
}

void drop_by_free(void* block) { real.free(block); }
void drop_sized_by_free(void* block, Size) { real.free(block); }
void drop_nothrow_by_free(void* block, Nothrow) { real.free(block); }
void drop_aligned_by_free(void* block, std::align_val_t) { real.free(block); }
void drop_sized_aligned_by_free(void* block, Size, std::align_val_t) { real.free(block); }
void drop_aligned_nothrow_by_free(void* block, std::align_val_t, Nothrow) { real.free(block); }

// When the program has an operator new or delete of its own, all forms go on to the C++
// library's, which call the program's. That one calls malloc, so nothing is counted here: what
// was taken off is given back.

template <int kForm>
void* make_by_program(Size size) {
  thread.left += size;
  return library.make[kForm](size);
}

template <int kForm>
void* make_nothrow_by_program(Size size, Nothrow tag) {
  thread.left += size;
  return library.make_nothrow[kForm](size, tag);
}

template <int kForm>
void* make_aligned_by_program(Size size, std::align_val_t alignment) {
  thread.left += size;
  return library.make_aligned[kForm](size, alignment);
}

template <int kForm>
void* make_aligned_nothrow_by_program(Size size, std::align_val_t alignment, Nothrow tag) {
  thread.left += size;
  return library.make_aligned_nothrow[kForm](size, alignment, tag);
}

Among searched = Among::kFollowing;
bool operators_pass_through = false;  // to the program's own

const void* module_of(const void* function) {
  dl_find_object found;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): it only compares it.
  if (_dl_find_object(const_cast<void*>(function), &found) != 0) return nullptr;
  return found.dlfo_link_map;
}

template <class Function>
const void* address_of(Function* function) {
  return reinterpret_cast<const void*>(function);
}

bool is_own(const void* function) {
  return module_of(function) == module_of(address_of(&resolve_real));
}

template <class Function>
bool bind(Function*& function, const char* name) {
  void* found = find_function(name, searched);
  if (found == nullptr) return false;
  function = reinterpret_cast<Function*>(found);
  return true;
}

constexpr const char* kMake[2] = {"_Znwm", "_Znam"};
constexpr const char* kMakeNothrow[2] = {"_ZnwmRKSt9nothrow_t", "_ZnamRKSt9nothrow_t"};
constexpr const char* kMakeAligned[2] = {"_ZnwmSt11align_val_t", "_ZnamSt11align_val_t"};
constexpr const char* kMakeAlignedNothrow[2] = {"_ZnwmSt11align_val_tRKSt9nothrow_t",
                                                "_ZnamSt11align_val_tRKSt9nothrow_t"};
constexpr const char* kDrop[2] = {"_ZdlPv", "_ZdaPv"};
constexpr const char* kDropSized[2] = {"_ZdlPvm", "_ZdaPvm"};
constexpr const char* kDropNothrow[2] = {"_ZdlPvRKSt9nothrow_t", "_ZdaPvRKSt9nothrow_t"};
constexpr const char* kDropAligned[2] = {"_ZdlPvSt11align_val_t", "_ZdaPvSt11align_val_t"};
constexpr const char* kDropSizedAligned[2] = {"_ZdlPvmSt11align_val_t", "_ZdaPvmSt11align_val_t"};
constexpr const char* kDropAlignedNothrow[2] = {"_ZdlPvSt11align_val_tRKSt9nothrow_t",
                                                "_ZdaPvSt11align_val_tRKSt9nothrow_t"};

void bind_c_functions(Real& next) {
  bind(next.malloc, "malloc");
  bind(next.free, "free");
  bind(next.calloc, "calloc");
  bind(next.realloc, "realloc");
  if (!bind(next.memalign, "memalign") && !bind(next.memalign, "aligned_alloc"))
    next.memalign = no_aligned_memory;
  if (!bind(next.posix_memalign, "posix_memalign")) next.posix_memalign = no_posix_memory;
  if (!bind(next.aligned_alloc, "aligned_alloc")) next.aligned_alloc = next.memalign;
  if (!bind(next.valloc, "valloc")) next.valloc = valloc_by_memalign;
  if (!bind(next.pvalloc, "pvalloc")) next.pvalloc = pvalloc_by_memalign;
  if (!bind(next.reallocarray, "reallocarray")) next.reallocarray = reallocarray_by_realloc;
}

// Whether the program's calls of `name` reach `hook`, or what we forward to.
template <class Function>
bool is_not_replaced(const char* name, Function* forwarded) {
  const void* found = find_function(name, Among::kAll);
  return found == nullptr || is_own(found) || found == address_of(forwarded);
}

void bind_library_operators() {
  for (int form = 0; form < 2; ++form) {
    bind(library.make[form], kMake[form]);
    bind(library.make_nothrow[form], kMakeNothrow[form]);
    bind(library.make_aligned[form], kMakeAligned[form]);
    bind(library.make_aligned_nothrow[form], kMakeAlignedNothrow[form]);
  }
}

bool operators_are_replaced() {
  void (*drop)(void*) = nullptr;
  bind(drop, kDrop[0]);
  return library.make[0] != nullptr && drop != nullptr &&
         (!is_not_replaced(kMake[0], library.make[0]) || !is_not_replaced(kDrop[0], drop));
}

template <class Function>
void choose(Function*& to, Function* own) {
  if (own != nullptr) to = own;
}

// The allocator's own operators are counted like malloc; the C++ library's are left out.
template <int kForm>
void set_makes(Real& next) {
  next.make[kForm] = make_by_malloc<kForm>;
  next.make_nothrow[kForm] = make_nothrow_by_malloc<kForm>;
  next.make_aligned[kForm] = make_aligned_by_malloc<kForm>;
  next.make_aligned_nothrow[kForm] = make_aligned_nothrow_by_malloc<kForm>;
  if (known.owns_operators) {
    choose(next.make[kForm], library.make[kForm]);
    choose(next.make_nothrow[kForm], library.make_nothrow[kForm]);
    choose(next.make_aligned[kForm], library.make_aligned[kForm]);
    choose(next.make_aligned_nothrow[kForm], library.make_aligned_nothrow[kForm]);
  } else if (operators_pass_through) {
    if (library.make[kForm] != nullptr) next.make[kForm] = make_by_program<kForm>;
    if (library.make_nothrow[kForm] != nullptr)
      next.make_nothrow[kForm] = make_nothrow_by_program<kForm>;
    if (library.make_aligned[kForm] != nullptr)
      next.make_aligned[kForm] = make_aligned_by_program<kForm>;
    if (library.make_aligned_nothrow[kForm] != nullptr)
      next.make_aligned_nothrow[kForm] = make_aligned_nothrow_by_program<kForm>;
  }
}

void set_drops(Real& next, int form) {
  next.drop[form] = drop_by_free;
  next.drop_sized[form] = drop_sized_by_free;
  next.drop_nothrow[form] = drop_nothrow_by_free;
  next.drop_aligned[form] = drop_aligned_by_free;
  next.drop_sized_aligned[form] = drop_sized_aligned_by_free;
  next.drop_aligned_nothrow[form] = drop_aligned_nothrow_by_free;
  if (!known.owns_operators && !operators_pass_through) return;
  bind(next.drop[form], kDrop[form]);
  bind(next.drop_sized[form], kDropSized[form]);
  bind(next.drop_nothrow[form], kDropNothrow[form]);
  bind(next.drop_aligned[form], kDropAligned[form]);
  bind(next.drop_sized_aligned[form], kDropSizedAligned[form]);
  bind(next.drop_aligned_nothrow[form], kDropAlignedNothrow[form]);
}

}  // namespace

constinit Real real = {
    .malloc = first_malloc,
    .calloc = first_calloc,
    .realloc = first_realloc,
    .reallocarray = reallocarray_by_realloc,
    .free = first_free,
    .memalign = first_memalign,
    .posix_memalign = first_posix_memalign,
    .aligned_alloc = first_aligned_alloc,
    .valloc = first_page_alloc,
    .pvalloc = first_page_alloc,
    .make = {make_by_malloc<0>, make_by_malloc<1>},
    .make_nothrow = {make_nothrow_by_malloc<0>, make_nothrow_by_malloc<1>},
    .make_aligned = {make_aligned_by_malloc<0>, make_aligned_by_malloc<1>},
    .make_aligned_nothrow = {make_aligned_nothrow_by_malloc<0>, make_aligned_nothrow_by_malloc<1>},
    .drop = {drop_by_free, drop_by_free},
    .drop_sized = {drop_sized_by_free, drop_sized_by_free},
    .drop_nothrow = {drop_nothrow_by_free, drop_nothrow_by_free},
    .drop_aligned = {drop_aligned_by_free, drop_aligned_by_free},
    .drop_sized_aligned = {drop_sized_aligned_by_free, drop_sized_aligned_by_free},
    .drop_aligned_nothrow = {drop_aligned_nothrow_by_free, drop_aligned_nothrow_by_free},
};

Allocator allocator() { return known; }

void resolve_real() {
  constexpr auto kNot = static_cast<std::uint32_t>(Resolved::kNot);
  if (!exchange_if(resolved, kNot, static_cast<std::uint32_t>(Resolved::kNow))) return;
  // Put into a running program, this library comes after all others.
  if (find_function("malloc", Among::kFollowing) == nullptr) searched = Among::kOthers;
  Real next = real;
  bind_c_functions(next);
  real = next;
  __atomic_store_n(&resolved, static_cast<std::uint32_t>(Resolved::kYes), __ATOMIC_RELEASE);
  bind_library_operators();
  const void* own = module_of(address_of(next.malloc));
  known.owns_operators =
      library.make[0] != nullptr && own == module_of(address_of(library.make[0]));
  known.seen = is_own(find_function("malloc", Among::kAll));
  operators_pass_through = operators_are_replaced();
  set_makes<0>(next);
  set_makes<1>(next);
  set_drops(next, 0);
  set_drops(next, 1);
  real = next;
}

}  // namespace tidemark::agent
