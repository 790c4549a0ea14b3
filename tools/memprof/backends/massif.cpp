#include "tools/memprof/backends/all_backends.h"
#include "tools/memprof/backends/valgrind.h"

namespace tidemark::memprof {
namespace {

// Time is counted in milliseconds, so that snapshots stand beside resident
// memory and load on one clock. Massif's default, instructions, shifts with the
// environment.
Command wrap(const Command& target, const Wrap& wrap) {
  const std::string file = percent_doubled((wrap.raw / "massif.").string()) + "%p.out";
  return target.under(
      valgrind("massif", ValgrindOutput::kOwnFile, wrap,
               {"--time-unit=ms", "--detailed-freq=1", "--massif-out-file=" + file}));
}

}  // namespace

constinit const Backend kMassifBackend = {
    .name = "massif",
    .summary = "heap size over time, and who holds it; 5 to 20 times slower",
    .program = "valgrind",
    .package = "valgrind",
    .slow_down = 3,
    .probe = Probe::kMassifSnapshot,
    .wrap = wrap,
};

}  // namespace tidemark::memprof
