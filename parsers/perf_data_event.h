#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tidemark {

// What a sample holds: the bits of perf_event_attr::sample_type.
constexpr std::uint64_t kPerfIp = 1U << 0;
constexpr std::uint64_t kPerfTid = 1U << 1;
constexpr std::uint64_t kPerfTime = 1U << 2;
constexpr std::uint64_t kPerfAddress = 1U << 3;
constexpr std::uint64_t kPerfRead = 1U << 4;
constexpr std::uint64_t kPerfCallchain = 1U << 5;
constexpr std::uint64_t kPerfId = 1U << 6;
constexpr std::uint64_t kPerfCpu = 1U << 7;
constexpr std::uint64_t kPerfPeriod = 1U << 8;
constexpr std::uint64_t kPerfStreamId = 1U << 9;
constexpr std::uint64_t kPerfRaw = 1U << 10;
constexpr std::uint64_t kPerfBranchStack = 1U << 11;
constexpr std::uint64_t kPerfRegsUser = 1U << 12;
constexpr std::uint64_t kPerfStackUser = 1U << 13;
constexpr std::uint64_t kPerfIdentifier = 1U << 16;

// One event that was recorded: the part of perf_event_attr that a reader needs.
struct PerfEvent {
  std::uint32_t type = 0;
  std::uint64_t config = 0;
  std::uint64_t period = 0;  // of a sample that does not say; a frequency with kFrequency
  std::uint64_t sample_type = 0;
  std::uint64_t read_format = 0;
  std::uint64_t flags = 0;
  std::uint64_t branch_sample_type = 0;
  std::uint64_t regs_user = 0;
  std::string name;

  static constexpr std::uint64_t kFrequency = 1U << 10;
  static constexpr std::uint64_t kSampleIdAll = 1U << 18;

  bool has(std::uint64_t bit) const { return (sample_type & bit) != 0; }
};

// Reads a perf_event_attr; shorter ones, of older versions, leave the rest 0.
PerfEvent read_perf_event(std::string_view bytes);

// What perf calls an event of that type and config when nobody named it.
std::string perf_event_name(std::uint32_t type, std::uint64_t config);

// The unit of the event's periods: "nanoseconds" or "count".
std::string perf_event_unit(const PerfEvent& event);

}  // namespace tidemark
