#include "tools/memprof/backends/perf.h"

#include <chrono>

#include "lib/base/error.h"
#include "lib/process/tree.h"
#include "tools/memprof/backends/all_backends.h"

namespace tidemark::memprof {
namespace {

Command wrap(const Command& target, const Wrap& wrap) {
  std::vector<std::string> line = perf_record(wrap.program, wrap.raw);
  line.insert(line.end(), wrap.options.begin(), wrap.options.end());
  line.emplace_back("--");
  return target.under(std::move(line));
}

}  // namespace

// DWARF, because frame pointers are useless on Debian's binaries: 2.4 frames on
// average, and none reaches main. cpu-clock works in virtual machines too.
std::vector<std::string> perf_record(const std::filesystem::path& perf,
                                     const std::filesystem::path& raw) {
  return {perf.string(),  "record",     "-q",
          "-e",           "cpu-clock",  "-F",
          "99",           "-o",         (raw / "perf.data").string(),
          "--call-graph", "dwarf,16384"};
}

// --no-inline: with it perf 6.1 starts addr2line for every frame, which takes
// minutes.
void perf_script(const std::filesystem::path& raw) {
  const std::filesystem::path data = raw / "perf.data";
  if (!std::filesystem::exists(data)) {
    throw Error("perf left no perf.data", "see target.stderr for what it said");
  }
  Tree tree = Tree::start({.arguments = {"perf", "script", "--no-inline", "-i", data.string()}},
                          {.output = raw / "perf.script.txt", .errors = raw / "perf.script.log"});
  if (!tree.wait(std::chrono::minutes(10))) {
    throw Error("perf script did not finish within 10 minutes",
                "read " + data.string() + " with a newer perf, or make a shorter run");
  }
  if (std::filesystem::file_size(raw / "perf.script.txt") == 0) {
    throw Error("perf took no sample: the target used hardly any CPU time");
  }
}

constinit const Backend kPerfBackend = {
    .name = "perf",
    .summary = "CPU time by stack, 99 samples a second, by the kernel; hardly slower",
    .program = "perf",
    .package = "linux-perf",
    .owns_root = true,
    .wrap = wrap,
    .finish = perf_script,
};

}  // namespace tidemark::memprof
