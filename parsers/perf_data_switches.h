#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tidemark {

// One time that a processor went from one thread to another.
struct PerfSwitch {
  static constexpr std::uint32_t kNoStack = 0xFFFFFFFF;

  std::uint64_t time = 0;
  std::uint64_t position = 0;      // in the file
  std::uint32_t out = 0;           // the thread that stopped; 0: idle, or not known
  std::uint32_t in = 0;            // the thread that goes on
  std::uint32_t stack = kNoStack;  // where `out` stopped
};

// Where the fields of sched:sched_switch are in a sample's raw bytes.
class PerfSwitchLayout {
 public:
  // `formats` is the text about tracepoints in the file. Where it is silent, the
  // fields are where every kernel since 2.6.31 has had them.
  explicit PerfSwitchLayout(std::string_view formats);

  // The two threads; nothing when `raw` is too short.
  std::optional<PerfSwitch> read(std::string_view raw) const;

 private:
  std::size_t out_ = 24;
  std::size_t in_ = 56;
};

// How long threads waited at each of `stacks` stacks, in nanoseconds: the sum of
// the times from leaving the processor there until the same thread went on. What
// lasts to the end of the recording is not counted.
struct OffCpu {
  std::vector<std::int64_t> times;  // by stack
  std::uint64_t ended = 0;          // waits whose end is known
  std::uint64_t open = 0;           // and those that another wait of the thread follows instead
};
OffCpu off_cpu_times(std::vector<PerfSwitch> switches, std::size_t stacks);

}  // namespace tidemark
