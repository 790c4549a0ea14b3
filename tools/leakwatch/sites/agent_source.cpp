#include <fmt/format.h>

#include <utility>

#include "lib/base/error.h"
#include "lib/process/heap_agent.h"
#include "tools/leakwatch/sites/heap_source.h"
#include "tools/leakwatch/sites/live_files.h"

namespace tidemark::leakwatch {
namespace {

// 48 copies of it are kept, without their empty pages.
constexpr std::uint64_t kFileBytes = 32 << 20;

Command wrap(Command target, const HeapWish& wish) {
  const std::filesystem::path library = heap_agent_library();
  if (library.empty()) {
    throw Error("libtidemark_heap.so is not installed beside this tool, which --sites preloads",
                "install it in lib/tidemark, or build the target tidemark_heap");
  }
  HeapAgentOptions options{.library = library,
                           .prefix = live_prefix(wish.raw),
                           .file_bytes = kFileBytes,
                           .mean_bytes = wish.mean_bytes};
  if (wish.max_overhead_ppm != 0) {
    const double percent = static_cast<double>(wish.max_overhead_ppm) / 10'000;
    options.more.push_back(fmt::format("overhead={:.4f}%", percent));
  }
  return with_heap_agent(std::move(target), options);
}

}  // namespace

constinit const HeapSource kHeapAgentSource = {
    .name = "heap",
    .summary = "tidemark's sampling agent, preloaded; about 1 %",
    .access = HeapAccess::kLive,
    .wrap = wrap,
};

constinit const HeapSource kLadderSource = {
    .name = "auto",
    .summary = "the best way into a process that runs; the agent in a command",
    .access = HeapAccess::kLadder,
    .wrap = wrap,
};

}  // namespace tidemark::leakwatch
