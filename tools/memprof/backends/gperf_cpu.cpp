#include <string>

#include "tools/memprof/backends/all_backends.h"

namespace tidemark::memprof {
namespace {

// The profile is written when profiling ends: for a program, when it exits; for
// a service, when the signal comes a second time, because one that dies of
// SIGTERM would write none.
Command wrap(const Command& target, const Wrap& wrap) {
  Command command = target;
  command.environment["LD_PRELOAD"] = wrap.program.string();
  command.environment["CPUPROFILE"] = (wrap.raw / "gperf-cpu.prof").string();
  if (wrap.service) {
    command.environment["CPUPROFILESIGNAL"] = std::to_string(kProfilingSignal);
  }
  return command;
}

}  // namespace

constinit const Backend kGperfCpuBackend = {
    .name = "gperf-cpu",
    .summary = "CPU time by stack, 100 samples a second, by gperftools, preloaded",
    .library = "libprofiler.so.0",
    .package = "libgoogle-perftools4",
    .probe = Probe::kProfilingSignal,
    .wrap = wrap,
};

}  // namespace tidemark::memprof
