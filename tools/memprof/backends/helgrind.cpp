#include "tools/memprof/backends/all_backends.h"
#include "tools/memprof/backends/valgrind.h"

namespace tidemark::memprof {
namespace {

Command wrap(const Command& target, const Wrap& wrap) {
  return target.under(valgrind("helgrind", ValgrindOutput::kXml, wrap, {}));
}

}  // namespace

constinit const Backend kHelgrindBackend = {
    .name = "helgrind",
    .summary = "data races and lock order, with both stacks; 100 times slower, some servers 700",
    .program = "valgrind",
    .package = "valgrind",
    .slow_down = 8,
    .wrap = wrap,
};

}  // namespace tidemark::memprof
