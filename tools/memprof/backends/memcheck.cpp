#include "tools/memprof/backends/all_backends.h"
#include "tools/memprof/backends/valgrind.h"

namespace tidemark::memprof {
namespace {

// --xtree-leak stays off: it takes the leak records out of the XML.
Command wrap(const Command& target, const Wrap& wrap) {
  return target.under(valgrind(
      "memcheck", ValgrindOutput::kXml, wrap,
      {"--leak-check=full", "--show-leak-kinds=all", "--keep-debuginfo=yes", "--fullpath-after="}));
}

}  // namespace

constinit const Backend kMemcheckBackend = {
    .name = "memcheck",
    .summary = "leaks by the line that allocated, and invalid memory use; 20 to 50 times slower",
    .program = "valgrind",
    .package = "valgrind",
    .slow_down = 4,
    .probe = Probe::kLeakCheck,
    .wrap = wrap,
};

}  // namespace tidemark::memprof
