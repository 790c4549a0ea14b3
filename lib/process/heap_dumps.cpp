#include "lib/process/heap_dumps.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>

#include "lib/base/numbers.h"
#include "lib/process/proc.h"

namespace tidemark {
namespace {

// The loader's own search is not reachable without loading; these are where it
// looks on Debian, Fedora and after `make install`.
constexpr std::array<std::string_view, 5> kLibraryDirectories = {
    "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib",
    "/usr/local/lib"};

}  // namespace

std::filesystem::path find_library(std::string_view name) {
  for (const std::string_view directory : kLibraryDirectories) {
    std::filesystem::path path = std::filesystem::path(directory) / name;
    std::error_code ignored;
    if (std::filesystem::is_regular_file(path, ignored)) return path;
  }
  return {};
}

Command with_heap_dumps(Command target, const std::filesystem::path& library,
                        const std::filesystem::path& prefix) {
  target.environment["LD_PRELOAD"] = library.string();
  target.environment["HEAPPROFILE"] = prefix.string();
  target.environment["HEAPPROFILESIGNAL"] = std::to_string(kHeapDumpSignal);
  target.environment["HEAP_PROFILE_ALLOCATION_INTERVAL"] = "0";
  target.environment["HEAP_PROFILE_INUSE_INTERVAL"] = "0";
  return target;
}

bool handles(pid_t pid, int signal) {
  const std::optional<std::string> status = read_kernel_file(fmt::format("/proc/{}/status", pid));
  if (!status) return false;
  constexpr std::string_view kMask = "SigCgt:\t";
  const std::size_t at = status->find(kMask);
  if (at == std::string::npos) return false;
  const std::string_view rest = std::string_view(*status).substr(at + kMask.size());
  const std::optional<std::uint64_t> mask = to_hex(rest.substr(0, rest.find('\n')));
  return mask && ((*mask >> static_cast<unsigned>(signal - 1)) & 1U) != 0;
}

}  // namespace tidemark
