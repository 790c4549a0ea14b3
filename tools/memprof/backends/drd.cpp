#include "tools/memprof/backends/all_backends.h"
#include "tools/memprof/backends/valgrind.h"

namespace tidemark::memprof {
namespace {

Command wrap(const Command& target, const Wrap& wrap) {
  return target.under(valgrind("drd", ValgrindOutput::kXml, wrap, {}));
}

}  // namespace

constinit const Backend kDrdBackend = {
    .name = "drd",
    .summary = "data races, as helgrind, with less memory and other blind spots",
    .program = "valgrind",
    .package = "valgrind",
    .slow_down = 8,
    .wrap = wrap,
};

}  // namespace tidemark::memprof
