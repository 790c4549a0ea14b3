#include "lib/analyze/frames.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "lib/analyze/names.h"

namespace tidemark {
namespace {

using std::string_view_literals::operator""sv;

// Functions whose only work is to hand out memory that their caller asked for.
// One program a line; add yours.
constexpr std::array kAllocators = {
    // C and C++
    "malloc"sv,
    "calloc"sv,
    "realloc"sv,
    "reallocarray"sv,
    "free"sv,
    "cfree"sv,
    "memalign"sv,
    "aligned_alloc"sv,
    "posix_memalign"sv,
    "valloc"sv,
    "pvalloc"sv,
    "strdup"sv,
    "strndup"sv,
    "wcsdup"sv,
    "asprintf"sv,
    "vasprintf"sv,
    "mmap"sv,
    "mmap64"sv,
    "mremap"sv,
    "brk"sv,
    "sbrk"sv,
    "operator new"sv,
    "operator new[]"sv,
    "operator delete"sv,
    "operator delete[]"sv,
    // glibc's insides
    "_int_malloc"sv,
    "_int_realloc"sv,
    "_int_memalign"sv,
    "_int_free"sv,
    "sysmalloc"sv,
    "__libc_malloc"sv,
    "__libc_calloc"sv,
    "__libc_realloc"sv,
    "__libc_memalign"sv,
    "__mmap"sv,
    "__strdup"sv,
    "__strndup"sv,
    "__libc_free"sv,
    "malloc_hook_ini"sv,
    "new_heap"sv,
    // jemalloc, tcmalloc, mimalloc
    "je_malloc"sv,
    "je_calloc"sv,
    "je_realloc"sv,
    "je_mallocx"sv,
    "je_rallocx"sv,
    "je_free"sv,
    "je_malloc_default"sv,
    "je_aligned_alloc"sv,
    "je_posix_memalign"sv,
    "mallocx"sv,
    "rallocx"sv,
    "tc_malloc"sv,
    "tc_calloc"sv,
    "tc_realloc"sv,
    "tc_new"sv,
    "tc_newarray"sv,
    "tc_memalign"sv,
    "do_malloc"sv,
    "do_malloc_or_cpp_alloc"sv,
    "(anonymous namespace)::do_malloc"sv,
    "mi_malloc"sv,
    "mi_calloc"sv,
    "mi_realloc"sv,
    "mi_zalloc"sv,
    "mi_new"sv,
    // glib
    "g_malloc"sv,
    "g_malloc0"sv,
    "g_malloc_n"sv,
    "g_malloc0_n"sv,
    "g_realloc"sv,
    "g_realloc_n"sv,
    "g_try_malloc"sv,
    "g_try_malloc0"sv,
    "g_try_realloc"sv,
    "g_strdup"sv,
    "g_strndup"sv,
    "g_slice_alloc"sv,
    "g_slice_alloc0"sv,
    "g_memdup"sv,
    "g_memdup2"sv,
    // GNU programs
    "xmalloc"sv,
    "xcalloc"sv,
    "xrealloc"sv,
    "xstrdup"sv,
    "xstrndup"sv,
    "xzalloc"sv,
    "xnmalloc"sv,
    "xmemdup"sv,
    "x2realloc"sv,
    // Redis
    "zmalloc"sv,
    "zcalloc"sv,
    "zrealloc"sv,
    "zstrdup"sv,
    "zcalloc_num"sv,
    "zmalloc_usable"sv,
    "zcalloc_usable"sv,
    "zrealloc_usable"sv,
    "ztrymalloc"sv,
    "ztrycalloc"sv,
    "ztryrealloc"sv,
    "ztrymalloc_usable"sv,
    "ztrycalloc_usable"sv,
    "ztryrealloc_usable"sv,
    "zmalloc_no_tcache"sv,
    "ztrymalloc_usable_internal"sv,
    "ztryrealloc_usable_internal"sv,
    "hi_malloc"sv,
    // memcached
    "cache_alloc"sv,
    "do_cache_alloc"sv,
    "memory_allocate"sv,
    // nginx
    "ngx_alloc"sv,
    "ngx_calloc"sv,
    "ngx_memalign"sv,
    "ngx_palloc"sv,
    "ngx_pnalloc"sv,
    "ngx_pcalloc"sv,
    "ngx_pmemalign"sv,
    "ngx_palloc_large"sv,
    "ngx_palloc_small"sv,
    "ngx_palloc_block"sv,
    "ngx_create_pool"sv,
    "ngx_pstrdup"sv,
    // PostgreSQL
    "palloc"sv,
    "palloc0"sv,
    "palloc_extended"sv,
    "repalloc"sv,
    "repalloc_huge"sv,
    "pstrdup"sv,
    "pnstrdup"sv,
    "MemoryContextAlloc"sv,
    "MemoryContextAllocZero"sv,
    "MemoryContextStrdup"sv,
    "MemoryContextAllocZeroAligned"sv,
    "MemoryContextAllocExtended"sv,
    "MemoryContextAllocHuge"sv,
    "AllocSetAlloc"sv,
    "AllocSetAllocLarge"sv,
    "AllocSetAllocFromNewBlock"sv,
    "AllocSetRealloc"sv,
    "AllocSetContextCreateInternal"sv,
    "SlabAlloc"sv,
    "SlabContextCreate"sv,
    "GenerationAlloc"sv,
    "GenerationContextCreate"sv,
    "pg_malloc"sv,
    "pg_malloc0"sv,
    "pg_malloc_internal"sv,
    "pg_malloc_extended"sv,
    "pg_realloc"sv,
    "pg_strdup"sv,
    // OpenSSL
    "CRYPTO_malloc"sv,
    "CRYPTO_zalloc"sv,
    "CRYPTO_realloc"sv,
    "CRYPTO_clear_realloc"sv,
    "CRYPTO_strdup"sv,
    "CRYPTO_strndup"sv,
    "CRYPTO_memdup"sv,
    // SQLite
    "sqlite3Malloc"sv,
    "sqlite3MallocZero"sv,
    "sqlite3_malloc"sv,
    "sqlite3_malloc64"sv,
    "sqlite3MemMalloc"sv,
    "sqlite3MemRealloc"sv,
    "sqlite3Realloc"sv,
    "sqlite3_realloc"sv,
    "sqlite3_realloc64"sv,
    "sqlite3DbMallocRaw"sv,
    "sqlite3DbMallocRawNN"sv,
    "sqlite3DbMallocZero"sv,
    "dbMallocRawFinish"sv,
    "sqlite3DbStrDup"sv,
    // CPython
    "PyMem_Malloc"sv,
    "PyMem_Calloc"sv,
    "PyMem_Realloc"sv,
    "PyMem_RawMalloc"sv,
    "PyMem_RawCalloc"sv,
    "PyMem_RawRealloc"sv,
    "PyObject_Malloc"sv,
    "PyObject_Calloc"sv,
    "PyObject_Realloc"sv,
    "_PyMem_RawMalloc"sv,
    "_PyMem_RawRealloc"sv,
    "_PyObject_Malloc"sv,
    "_PyObject_Realloc"sv,
    "_PyObject_Calloc"sv,
    "new_arena"sv,
    // APR
    "apr_palloc"sv,
    "apr_pcalloc"sv,
    "apr_pstrdup"sv,
    "apr_pstrndup"sv,
    // Rust
    "__rust_alloc"sv,
    "__rust_alloc_zeroed"sv,
    "__rust_realloc"sv,
    "__rdl_alloc"sv,
    "__rdl_realloc"sv,
    "__rg_alloc"sv,
    "alloc::alloc::alloc"sv,
    "alloc::alloc::exchange_malloc"sv,
    "alloc::raw_vec::finish_grow"sv,
};

constexpr std::array kStartups = {
    "_start"sv,
    "(below main)"sv,
    "__libc_start_main"sv,
    "__libc_start_main_impl"sv,
    "__libc_start_call_main"sv,
    "__libc_csu_init"sv,
    "call_init"sv,
    "_dl_init"sv,
    "_dl_start"sv,
    "_dl_start_user"sv,
    "start_thread"sv,
    "clone"sv,
    "clone3"sv,
    "__clone"sv,
    "__clone3"sv,
    "thread_start"sv,
    "mythread_wrapper"sv,
    "vgDrd_thread_wrapper"sv,
    "asan_thread_start"sv,
    "ThreadStart"sv,
    "_init"sv,
};

constexpr std::array kAllocatorPrefixes = {"__interceptor_"sv, "tcmalloc::"sv, "std::allocator"sv,
                                           "heaptrack_"sv};
constexpr std::array kRuntimePrefixes = {"std::"sv,    "__gnu_cxx::"sv, "__cxxabiv1::"sv,
                                         "__cxa_"sv,   "core::ops::"sv, "__asan::"sv,
                                         "__tsan::"sv, "__lsan::"sv,    "__ubsan_"sv};

// Modules that are runtime whatever the function; plain_module() names.
constexpr std::array kRuntimeModules = {"libc"sv,
                                        "ld-linux-x86-64"sv,
                                        "ld"sv,
                                        "libpthread"sv,
                                        "libstdc++"sv,
                                        "libc++"sv,
                                        "libc++abi"sv,
                                        "libgcc_s"sv,
                                        "libm"sv,
                                        "libdl"sv,
                                        "librt"sv,
                                        "libtcmalloc"sv,
                                        "libjemalloc"sv,
                                        "libmimalloc"sv,
                                        "libprofiler"sv,
                                        "libtcmalloc_minimal"sv,
                                        "libtcmalloc_and_profiler"sv,
                                        "libtcmalloc_debug"sv,
                                        "libheaptrack_preload"sv,
                                        "libasan"sv,
                                        "liblsan"sv,
                                        "libtsan"sv,
                                        "libubsan"sv,
                                        "linux-vdso"sv,
                                        "[vdso]"sv,
                                        "[vsyscall]"sv,
                                        "libdmalloc"sv,
                                        "ld-linux-aarch64"sv,
                                        "ld-linux"sv};

bool listed(const auto& list, std::string_view name) {
  return std::ranges::find(list, name) != list.end();
}

bool begins_like_one(const auto& prefixes, std::string_view name) {
  return std::ranges::any_of(prefixes, [&](std::string_view p) { return name.starts_with(p); });
}

bool runtime_module(const Frame& frame) {
  if (frame.module.empty()) return false;
  const std::string module = plain_module(frame.module);
  return module.starts_with("vgpreload_") || listed(kRuntimeModules, module);
}

// Whether it was inlined from a header of the C++ library, or of another that
// is installed (Boost). valgrind 3.19 names
// such a frame without its namespace: "allocate", in .../c++/12/bits/allocator.h.
bool runtime_header(const Frame& frame) {
  return frame.file.find("/include/c++/") != std::string::npos ||
         frame.file.starts_with("/usr/include/");
}

}  // namespace

FrameRole role_of(const Frame& frame) {
  if (!frame.function.empty()) {
    const std::string name = plain_function(frame.function);
    if (listed(kAllocators, name) || begins_like_one(kAllocatorPrefixes, name)) {
      return FrameRole::kAllocator;
    }
    if (listed(kStartups, name)) return FrameRole::kStartup;
    if (begins_like_one(kRuntimePrefixes, name)) return FrameRole::kRuntime;
  }
  return runtime_header(frame) || runtime_module(frame) ? FrameRole::kRuntime : FrameRole::kCode;
}

std::size_t interesting(const CallStack& stack) {
  std::size_t second_best = stack.size();
  for (std::size_t i = 0; i < stack.size(); ++i) {
    const FrameRole role = role_of(stack[i]);
    if (role == FrameRole::kCode) return i;
    if (role != FrameRole::kAllocator && second_best == stack.size()) second_best = i;
  }
  return second_best == stack.size() ? 0 : second_best;
}

std::vector<std::size_t> folded(const CallStack& stack) {
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < stack.size(); ++i) {
    if (role_of(stack[i]) == FrameRole::kCode) shown.push_back(i);
  }
  if (shown.empty() && !stack.empty()) shown.push_back(interesting(stack));
  return shown;
}

}  // namespace tidemark
