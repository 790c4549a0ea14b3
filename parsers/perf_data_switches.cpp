#include "parsers/perf_data_switches.h"

#include <algorithm>
#include <limits>
#include <string>
#include <unordered_map>

#include "lib/base/numbers.h"
#include "parsers/perf_data_records.h"

namespace tidemark {
namespace {

// The offset in a line such as
// "	field:pid_t next_pid;	offset:56;	size:4;	signed:1;"
std::optional<std::size_t> offset_of(std::string_view format, std::string_view field) {
  const std::string wanted = std::string(" ") + std::string(field) + ";";
  const std::size_t name = format.find(wanted);
  if (name == std::string_view::npos) return std::nullopt;
  constexpr std::string_view kOffset = "offset:";
  const std::size_t at = format.find(kOffset, name);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view digits = format.substr(at + kOffset.size());
  digits = digits.substr(0, digits.find(';'));
  const auto number = to_number(digits);
  constexpr std::int64_t kMost = 4096;
  if (!number || *number < 0 || *number > kMost) return std::nullopt;
  return static_cast<std::size_t>(*number);
}

}  // namespace

PerfSwitchLayout::PerfSwitchLayout(std::string_view formats) {
  const std::size_t start = formats.find("name: sched_switch\n");
  if (start == std::string_view::npos) return;
  const std::string_view format = formats.substr(start, formats.find("print fmt:", start) - start);
  const auto out = offset_of(format, "prev_pid");
  const auto in = offset_of(format, "next_pid");
  if (!out || !in) return;
  out_ = *out;
  in_ = *in;
}

std::optional<PerfSwitch> PerfSwitchLayout::read(std::string_view raw) const {
  PerfSwitch one;
  PerfFields out(raw);
  out.take(out_);
  one.out = out.u32();
  PerfFields in(raw);
  in.take(in_);
  one.in = in.u32();
  if (!out.ok() || !in.ok()) return std::nullopt;
  return one;
}

OffCpu off_cpu_times(std::vector<PerfSwitch> switches, std::size_t stacks) {
  std::ranges::sort(switches, [](const PerfSwitch& a, const PerfSwitch& b) {
    return a.time != b.time ? a.time < b.time : a.position < b.position;
  });
  struct Waiting {
    std::uint64_t since = 0;
    std::uint32_t stack = PerfSwitch::kNoStack;
  };
  std::unordered_map<std::uint32_t, Waiting> waiting;  // by thread
  OffCpu all{.times = std::vector<std::int64_t>(stacks)};
  for (const PerfSwitch& one : switches) {
    const auto back = waiting.find(one.in);
    if (back != waiting.end()) {
      std::int64_t& time = all.times[back->second.stack];
      constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
      const std::uint64_t waited = std::min(one.time - back->second.since, kMost);
      time = checked_add(time, static_cast<std::int64_t>(waited));
      waiting.erase(back);
      ++all.ended;
    }
    if (one.out != 0 && one.stack != PerfSwitch::kNoStack) {
      const auto [wait, fresh] = waiting.try_emplace(one.out);
      if (!fresh) ++all.open;
      wait->second = {.since = one.time, .stack = one.stack};
    }
  }
  return all;
}

}  // namespace tidemark
