#include "tools/memprof/backends/all_backends.h"
#include "tools/memprof/backends/valgrind.h"

namespace tidemark::memprof {
namespace {

Command wrap(const Command& target, const Wrap& wrap) {
  const std::string file = percent_doubled((wrap.raw / "dhat.").string()) + "%p.json";
  return target.under(
      valgrind("dhat", ValgrindOutput::kOwnFile, wrap, {"--dhat-out-file=" + file}));
}

}  // namespace

constinit const Backend kDhatBackend = {
    .name = "dhat",
    .summary = "allocations by place: how many, how long they live, how much they are used",
    .program = "valgrind",
    .package = "valgrind",
    .slow_down = 4,
    .wrap = wrap,
};

}  // namespace tidemark::memprof
