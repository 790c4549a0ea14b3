#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tidemark::leakwatch {

// What the name of a heap profile tells.
struct DumpName {
  std::string process;        // equal for the dumps of one process; empty: not told
  std::int64_t sequence = 0;  // their order
};

// gperftools          heap.0001.heap, heap_4712.0001.heap   "heap", 1 and "heap_4712", 1
// jemalloc            jeprof.4711.3.i3.heap                 "jeprof.4711", 3
// memprof             snapshot-00060000-4711.txt            "snapshot-4711", 60000
// valgrind (%p.%n)    xtleak.kcg.4711.2                     "xtleak.kcg.4711", 2
DumpName dump_name(std::string_view file_name);

}  // namespace tidemark::leakwatch
