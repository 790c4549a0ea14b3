#include "tools/pressure/faults/kinds.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/process/proc.h"

namespace tidemark::pressure {
namespace {

constexpr std::array<const FaultKind*, 14> kKinds = {
    &kPauseFault,    &kKillFault,   &kConnectionsFault, &kResetFault, &kSlowReadersFault,
    &kHalfOpenFault, &kMemoryFault, &kCpuFault,         &kDiskFault,  &kDescriptorsFault,
    &kDiskFullFault, &kDelayFault,  &kLossFault,        &kDnsFault};

}  // namespace

std::span<const FaultKind* const> fault_kinds() { return kKinds; }

const FaultKind& fault_kind(std::string_view name) {
  const auto* const found =
      std::ranges::find(kKinds, name, [](const FaultKind* kind) { return kind->name; });
  if (found == kKinds.end()) {
    throw UsageError(fmt::format("no kind of fault is called {}", tidemark::quoted(name)));
  }
  return **found;
}

bool may(int capability) {
  const std::string status = read_kernel_file("/proc/self/status").value_or("");
  constexpr std::string_view kKey = "\nCapEff:\t";
  const std::size_t at = status.find(kKey);
  if (at == std::string::npos) return false;
  const std::size_t start = at + kKey.size();
  const auto all = to_hex(std::string_view(status).substr(start, status.find('\n', start) - start));
  return all && (*all >> static_cast<unsigned>(capability) & 1U) != 0;
}

}  // namespace tidemark::pressure
