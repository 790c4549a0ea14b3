#include <csignal>
#include <utility>

#include "lib/base/error.h"
#include "lib/process/heap_dumps.h"
#include "tools/leakwatch/sites/heap_source.h"

namespace tidemark::leakwatch {
namespace {

constexpr std::string_view kLibrary = "libtcmalloc.so.4";

Command wrap(Command target, const HeapWish& wish) {
  const std::filesystem::path library = find_library(kLibrary);
  if (library.empty()) {
    throw Error("libtcmalloc.so.4 is not installed, which --sites gperftools preloads",
                "apt-get install libgoogle-perftools4");
  }
  return with_heap_dumps(std::move(target), library, wish.raw / "heap");
}

bool ask(pid_t pid) { return handles(pid, kHeapDumpSignal) && ::kill(pid, kHeapDumpSignal) == 0; }

}  // namespace

constinit const HeapSource kGperftoolsSource = {
    .name = "gperftools",
    .summary = "gperftools' tcmalloc, preloaded; exact, 10 to 40 times slower",
    .access = HeapAccess::kOnRequest,
    .wrap = wrap,
    .ask = ask,
    .ending = ".heap",
    .mark = "MAPPED_LIBRARIES",
};

}  // namespace tidemark::leakwatch
