#include "tools/memprof/backends/backends.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <chrono>
#include <optional>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/numbers.h"
#include "lib/process/command.h"
#include "lib/process/heap_agent.h"
#include "lib/process/heap_dumps.h"
#include "lib/process/proc.h"
#include "tools/memprof/backends/all_backends.h"

namespace tidemark::memprof {
namespace {

constexpr std::array<const Backend*, 11> kTable = {
    &kMemcheckBackend,  &kMassifBackend, &kHelgrindBackend,  &kDrdBackend,
    &kDhatBackend,      &kHeapBackend,   &kGperfHeapBackend, &kGperfCpuBackend,
    &kHeaptrackBackend, &kPerfBackend,   &kLsanLogBackend,
};

// The first word of `text` that starts with a digit, less a leading "-" or "v":
// "valgrind-3.19.0", "heaptrack 1.4.0", "perf version 6.1.187".
std::string version_in(std::string_view text) {
  const std::size_t digit = text.find_first_of("0123456789");
  if (digit == std::string_view::npos) return "";
  const std::size_t end = text.find_first_not_of("0123456789.", digit);
  return std::string(text.substr(digit, end == std::string_view::npos ? end : end - digit));
}

std::string perf_trouble() {
  const std::optional<std::string> text = read_kernel_file("/proc/sys/kernel/perf_event_paranoid");
  if (!text) return "this kernel has no perf events: perf cannot sample here";
  const std::string_view trimmed = std::string_view(*text).substr(0, text->find('\n'));
  const std::optional<std::int64_t> level = to_number(trimmed);
  if (!level || *level <= 2) return "";
  return fmt::format(
      "perf_event_paranoid is {}: only root may sample; "
      "run `sysctl kernel.perf_event_paranoid=2`",
      *level);
}

std::string valgrind_trouble(std::string_view version) {
  std::string said;
  if (version.starts_with("3.19")) {
    said =
        "valgrind 3.19 stops at DWARF 5 as clang 14 and later write it: "
        "build the target with -gdwarf-4";
  }
  if (!std::filesystem::exists("/usr/lib/debug/.build-id")) {
    said += said.empty() ? "" : "; ";
    said +=
        "no separate debug files are installed, so Debian's libraries show no lines: "
        "install libc6-dbg and the PACKAGE-dbgsym of what you look at";
  }
  return said;
}

}  // namespace

std::span<const Backend* const> backends() { return kTable; }

const Backend& backend_named(std::string_view name) {
  const auto* const found = std::ranges::find(kTable, name, &Backend::name);
  assert(found != kTable.end());
  return **found;
}

std::filesystem::path installed(const Backend& backend) {
  if (&backend == &kHeapBackend) return heap_agent_library();
  if (!backend.library.empty()) return find_library(backend.library);
  if (backend.program.empty()) return {};
  return find_program(backend.program).value_or(std::filesystem::path());
}

std::string version_of(const Backend& backend) {
  if (&backend == &kHeapBackend) return TIDEMARK_VERSION;
  if (!backend.library.empty()) {
    // libtcmalloc.so.4 is a link to libtcmalloc.so.4.5.10: which is all that can be read without
    // loading it.
    std::error_code failed;
    const std::filesystem::path real = std::filesystem::canonical(installed(backend), failed);
    const std::string name = real.filename().string();
    const std::size_t at = name.find(".so.");
    return failed || at == std::string::npos ? "" : name.substr(at + 1);
  }
  const std::filesystem::path program = installed(backend);
  if (program.empty()) return "";
  const Finished said =
      run_to_end({.arguments = {program.string(), "--version"}}, std::chrono::seconds(10));
  return version_in(said.output);
}

std::string known_trouble(const Backend& backend, std::string_view version) {
  if (backend.program == "valgrind") return valgrind_trouble(version);
  if (backend.program == "perf") return perf_trouble();
  if (&backend == &kHeaptrackBackend) {
    return "children are not followed: of a forking service it sees the first process only";
  }
  if (&backend == &kGperfHeapBackend) return "about 40 times slower on a service";
  return "";
}

}  // namespace tidemark::memprof
