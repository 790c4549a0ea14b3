#include "lib/analyze/frames.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

#include "lib/analyze/names.h"

namespace tidemark {
namespace {

// Functions whose only work is to hand out memory that their caller asked for.
// One program a line; add yours.
constexpr std::string_view kAllocators[] = {
    // C and C++
    "malloc",
    "calloc",
    "realloc",
    "reallocarray",
    "free",
    "cfree",
    "memalign",
    "aligned_alloc",
    "posix_memalign",
    "valloc",
    "pvalloc",
    "strdup",
    "strndup",
    "wcsdup",
    "asprintf",
    "vasprintf",
    "mmap",
    "mmap64",
    "mremap",
    "brk",
    "sbrk",
    "operator new",
    "operator new[]",
    "operator delete",
    "operator delete[]",
    // glibc's insides
    "_int_malloc",
    "_int_realloc",
    "_int_memalign",
    "_int_free",
    "sysmalloc",
    "__libc_malloc",
    "__libc_calloc",
    "__libc_realloc",
    "__libc_memalign",
    "__mmap",
    "__strdup",
    "__strndup",
    "__libc_free",
    "malloc_hook_ini",
    "new_heap",
    // jemalloc, tcmalloc, mimalloc
    "je_malloc",
    "je_calloc",
    "je_realloc",
    "je_mallocx",
    "je_rallocx",
    "je_free",
    "je_malloc_default",
    "je_aligned_alloc",
    "je_posix_memalign",
    "mallocx",
    "rallocx",
    "tc_malloc",
    "tc_calloc",
    "tc_realloc",
    "tc_new",
    "tc_newarray",
    "tc_memalign",
    "do_malloc",
    "do_malloc_or_cpp_alloc",
    "(anonymous namespace)::do_malloc",
    "mi_malloc",
    "mi_calloc",
    "mi_realloc",
    "mi_zalloc",
    "mi_new",
    // glib
    "g_malloc",
    "g_malloc0",
    "g_malloc_n",
    "g_malloc0_n",
    "g_realloc",
    "g_realloc_n",
    "g_try_malloc",
    "g_try_malloc0",
    "g_try_realloc",
    "g_strdup",
    "g_strndup",
    "g_slice_alloc",
    "g_slice_alloc0",
    "g_memdup",
    "g_memdup2",
    // GNU programs
    "xmalloc",
    "xcalloc",
    "xrealloc",
    "xstrdup",
    "xstrndup",
    "xzalloc",
    "xnmalloc",
    "xmemdup",
    "x2realloc",
    // Redis
    "zmalloc",
    "zcalloc",
    "zrealloc",
    "zstrdup",
    "zcalloc_num",
    "zmalloc_usable",
    "zcalloc_usable",
    "zrealloc_usable",
    "ztrymalloc",
    "ztrycalloc",
    "ztryrealloc",
    "ztrymalloc_usable",
    "ztrycalloc_usable",
    "ztryrealloc_usable",
    "zmalloc_no_tcache",
    "ztrymalloc_usable_internal",
    "ztryrealloc_usable_internal",
    "hi_malloc",
    // memcached
    "cache_alloc",
    "do_cache_alloc",
    "memory_allocate",
    // nginx
    "ngx_alloc",
    "ngx_calloc",
    "ngx_memalign",
    "ngx_palloc",
    "ngx_pnalloc",
    "ngx_pcalloc",
    "ngx_pmemalign",
    "ngx_palloc_large",
    "ngx_palloc_small",
    "ngx_palloc_block",
    "ngx_create_pool",
    "ngx_pstrdup",
    // PostgreSQL
    "palloc",
    "palloc0",
    "palloc_extended",
    "repalloc",
    "repalloc_huge",
    "pstrdup",
    "pnstrdup",
    "MemoryContextAlloc",
    "MemoryContextAllocZero",
    "MemoryContextStrdup",
    "MemoryContextAllocZeroAligned",
    "MemoryContextAllocExtended",
    "MemoryContextAllocHuge",
    "AllocSetAlloc",
    "AllocSetAllocLarge",
    "AllocSetAllocFromNewBlock",
    "AllocSetRealloc",
    "AllocSetContextCreateInternal",
    "SlabAlloc",
    "SlabContextCreate",
    "GenerationAlloc",
    "GenerationContextCreate",
    "pg_malloc",
    "pg_malloc0",
    "pg_malloc_internal",
    "pg_malloc_extended",
    "pg_realloc",
    "pg_strdup",
    // OpenSSL
    "CRYPTO_malloc",
    "CRYPTO_zalloc",
    "CRYPTO_realloc",
    "CRYPTO_clear_realloc",
    "CRYPTO_strdup",
    "CRYPTO_strndup",
    "CRYPTO_memdup",
    // SQLite
    "sqlite3Malloc",
    "sqlite3MallocZero",
    "sqlite3_malloc",
    "sqlite3_malloc64",
    "sqlite3MemMalloc",
    "sqlite3MemRealloc",
    "sqlite3Realloc",
    "sqlite3_realloc",
    "sqlite3_realloc64",
    "sqlite3DbMallocRaw",
    "sqlite3DbMallocRawNN",
    "sqlite3DbMallocZero",
    "dbMallocRawFinish",
    "sqlite3DbStrDup",
    // CPython
    "PyMem_Malloc",
    "PyMem_Calloc",
    "PyMem_Realloc",
    "PyMem_RawMalloc",
    "PyMem_RawCalloc",
    "PyMem_RawRealloc",
    "PyObject_Malloc",
    "PyObject_Calloc",
    "PyObject_Realloc",
    "_PyMem_RawMalloc",
    "_PyMem_RawRealloc",
    "_PyObject_Malloc",
    "_PyObject_Realloc",
    "_PyObject_Calloc",
    "new_arena",
    // APR
    "apr_palloc",
    "apr_pcalloc",
    "apr_pstrdup",
    "apr_pstrndup",
    // Rust
    "__rust_alloc",
    "__rust_alloc_zeroed",
    "__rust_realloc",
    "__rdl_alloc",
    "__rdl_realloc",
    "__rg_alloc",
    "alloc::alloc::alloc",
    "alloc::alloc::exchange_malloc",
    "alloc::raw_vec::finish_grow",
};

constexpr std::string_view kStartups[] = {
    "_start",
    "(below main)",
    "__libc_start_main",
    "__libc_start_main_impl",
    "__libc_start_call_main",
    "__libc_csu_init",
    "call_init",
    "_dl_init",
    "_dl_start",
    "_dl_start_user",
    "start_thread",
    "clone",
    "clone3",
    "__clone",
    "__clone3",
    "thread_start",
    "mythread_wrapper",
    "vgDrd_thread_wrapper",
    "asan_thread_start",
    "ThreadStart",
    "_init",
};

constexpr std::string_view kAllocatorPrefixes[] = {"__interceptor_", "tcmalloc::", "std::allocator",
                                                   "heaptrack_"};
constexpr std::string_view kRuntimePrefixes[] = {
    "std::",    "__gnu_cxx::", "__cxxabiv1::", "__cxa_",  "core::ops::",
    "__asan::", "__tsan::",    "__lsan::",     "__ubsan_"};

// Modules that are runtime whatever the function; plain_module() names.
constexpr std::string_view kRuntimeModules[] = {"libc",
                                                "ld-linux-x86-64",
                                                "ld",
                                                "libpthread",
                                                "libstdc++",
                                                "libc++",
                                                "libc++abi",
                                                "libgcc_s",
                                                "libm",
                                                "libdl",
                                                "librt",
                                                "libtcmalloc",
                                                "libjemalloc",
                                                "libmimalloc",
                                                "libprofiler",
                                                "libtcmalloc_minimal",
                                                "libtcmalloc_and_profiler",
                                                "libtcmalloc_debug",
                                                "libheaptrack_preload",
                                                "libasan",
                                                "liblsan",
                                                "libtsan",
                                                "libubsan",
                                                "linux-vdso",
                                                "[vdso]",
                                                "[vsyscall]",
                                                "libdmalloc",
                                                "ld-linux-aarch64",
                                                "ld-linux"};

// Headers of libstdc++ whose functions are inlined everywhere. valgrind gives
// such frames no scope: "allocate (new_allocator.h:137)".
constexpr std::string_view kRuntimeFiles[] = {
    "new_allocator.h", "alloc_traits.h",  "allocator.h",         "stl_vector.h",
    "vector.tcc",      "basic_string.h",  "basic_string.tcc",    "char_traits.h",
    "stl_map.h",       "stl_multimap.h",  "stl_set.h",           "stl_tree.h",
    "stl_list.h",      "list.tcc",        "stl_deque.h",         "deque.tcc",
    "hashtable.h",     "unordered_map.h", "hashtable_policy.h",  "unordered_set.h",
    "unique_ptr.h",    "shared_ptr.h",    "shared_ptr_base.h",   "std_function.h",
    "invoke.h",        "std_thread.h",    "stl_uninitialized.h", "stl_construct.h",
    "stl_algobase.h",  "stl_algo.h",      "allocated_ptr.h",     "refwrap.h"};

bool listed(const auto& list, std::string_view name) {
  return std::ranges::find(list, name) != std::end(list);
}

bool begins_like_one(const auto& prefixes, std::string_view name) {
  return std::ranges::any_of(prefixes, [&](std::string_view p) { return name.starts_with(p); });
}

bool runtime_file(std::string_view file) {
  return file.find("/include/c++/") != std::string_view::npos ||
         listed(kRuntimeFiles, file.substr(file.rfind('/') + 1));
}

bool runtime_module(const Frame& frame) {
  if (frame.module.empty()) return false;
  const std::string module = plain_module(frame.module);
  return module.starts_with("vgpreload_") || listed(kRuntimeModules, module);
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
  return runtime_module(frame) || runtime_file(frame.file) ? FrameRole::kRuntime : FrameRole::kCode;
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
