#include "agent/control.h"

#include <algorithm>

#include "agent/agent.h"
#include "agent/atomics.h"
#include "agent/clock.h"
#include "agent/heap.h"

namespace tidemark::agent {
namespace {

using heap_file::Header;
using heap_file::State;
using heap_file::Want;

constexpr std::uint64_t kLargestMean = 1ULL << 45;

void reset_when_asked(Header& header) {
  const std::uint32_t asked = load(header.control.reset);
  const std::uint32_t done = load(header.generation);
  if (asked == done || !exchange_if(header.generation, done, asked)) return;
  store(header.reset_ns, now_ns());
}

void set_mean(Header& header) {
  const std::uint64_t asked = load(header.control.mean_bytes);
  const std::uint64_t wanted =
      std::clamp<std::uint64_t>(asked != 0 ? asked : config().mean_bytes, 1, kLargestMean);
  const std::uint64_t mean = std::min(wanted << load(heap.throttle.doublings), kLargestMean);
  if (load(header.mean_bytes) != mean) store(header.mean_bytes, mean);
}

// Twenty times a second, by whichever thread comes first.
void compare_cost(std::uint64_t now) {
  constexpr std::uint64_t kBetween = 50'000'000;
  constexpr std::uint64_t kEnoughCpu = 20'000'000;
  Header& header = *heap.header;
  const std::uint64_t last = load(heap.compared_ns);
  if (now < last + kBetween || !exchange_if(heap.compared_ns, last, now)) return;
  const std::uint64_t cpu = read_clock(CLOCK_PROCESS_CPUTIME_ID);
  const std::uint64_t agent = load(header.agent_ns);
  if (cpu < load(heap.compared_cpu_ns) + kEnoughCpu) return;
  Throttle throttle = heap.throttle;
  throttle.compare(agent - load(heap.compared_agent_ns), cpu - load(heap.compared_cpu_ns),
                   load(header.control.max_overhead_ppm));
  store(heap.throttle.doublings, throttle.doublings);
  store(heap.compared_agent_ns, agent);
  store(heap.compared_cpu_ns, cpu);
  store(header.cpu_ns, cpu);
}

}  // namespace

State read_control() {
  Header& header = *heap.header;
  reset_when_asked(header);
  set_mean(header);
  const std::uint32_t state = load(header.state);
  if (state == static_cast<std::uint32_t>(State::kStopped)) return State::kStopped;
  State next = State::kSampling;
  if (load(header.control.want) == static_cast<std::uint32_t>(Want::kPause)) next = State::kPaused;
  if (load(header.control.want) == static_cast<std::uint32_t>(Want::kStop)) next = State::kStopped;
  const bool ended = state == static_cast<std::uint32_t>(State::kEnded);
  if (!ended && state != static_cast<std::uint32_t>(next))
    exchange_if(header.state, state, static_cast<std::uint32_t>(next));
  return next;
}

float sampling_mean() {
  const Header* header = heap.header;
  return static_cast<float>(header != nullptr ? load(header->mean_bytes) : config().mean_bytes);
}

void count_time(std::uint64_t start_ns) {
  // A longer time is that of others, which the kernel let run meanwhile.
  constexpr std::uint64_t kLongest = 50'000;
  const std::uint64_t now = now_ns();
  add(heap.header->agent_ns, std::min(now - start_ns, kLongest));
  compare_cost(now);
}

void count_time_of_free(std::uint64_t start_ns) {
  constexpr std::uint64_t kLongest = 5'000;
  constexpr std::uint64_t kOneIn = 8;  // to ask for the time is a good part of all it takes
  if (load(heap.header->freed) % kOneIn != 0) return;
  add(heap.header->agent_ns, kOneIn * std::min(now_ns() - start_ns, kLongest));
}

}  // namespace tidemark::agent
