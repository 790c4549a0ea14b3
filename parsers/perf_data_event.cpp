#include "parsers/perf_data_event.h"

#include <fmt/format.h>

#include <array>

#include "parsers/perf_data_records.h"

namespace tidemark {
namespace {

constexpr std::uint32_t kHardware = 0;
constexpr std::uint32_t kSoftware = 1;
constexpr std::uint32_t kTracepoint = 2;

constexpr std::array<std::string_view, 10> kHardwareNames = {
    "cycles",
    "instructions",
    "cache-references",
    "cache-misses",
    "branches",
    "branch-misses",
    "bus-cycles",
    "stalled-cycles-frontend",
    "stalled-cycles-backend",
    "ref-cycles",
};

constexpr std::array<std::string_view, 12> kSoftwareNames = {
    "cpu-clock",        "task-clock",   "page-faults",  "context-switches",
    "cpu-migrations",   "minor-faults", "major-faults", "alignment-faults",
    "emulation-faults", "dummy",        "bpf-output",   "cgroup-switches",
};

}  // namespace

PerfEvent read_perf_event(std::string_view bytes) {
  PerfFields fields(bytes);
  PerfEvent event;
  event.type = fields.u32();
  fields.u32();  // its size
  event.config = fields.u64();
  event.period = fields.u64();
  event.sample_type = fields.u64();
  event.read_format = fields.u64();
  event.flags = fields.u64();
  fields.take(8 + 8 + 8);  // wake-up, breakpoint, config1, config2
  event.branch_sample_type = fields.u64();
  event.regs_user = fields.u64();
  event.name = perf_event_name(event.type, event.config);
  return event;
}

std::string perf_event_name(std::uint32_t type, std::uint64_t config) {
  if (type == kHardware && config < kHardwareNames.size()) {
    return std::string(kHardwareNames[config]);
  }
  if (type == kSoftware && config < kSoftwareNames.size()) {
    return std::string(kSoftwareNames[config]);
  }
  if (type == kTracepoint) return fmt::format("tracepoint {}", config);
  return fmt::format("event {}:0x{:x}", type, config);
}

std::string perf_event_unit(const PerfEvent& event) {
  constexpr std::uint64_t kCpuClock = 0;
  constexpr std::uint64_t kTaskClock = 1;
  const bool clock =
      event.type == kSoftware && (event.config == kCpuClock || event.config == kTaskClock);
  // `perf record --off-cpu` makes events of its own.
  return clock || event.name.starts_with("offcpu-time") ? "nanoseconds" : "count";
}

}  // namespace tidemark
