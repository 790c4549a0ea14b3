#include "tools/leakwatch/sites/block_looks.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "lib/analyze/call_stacks.h"
#include "lib/symbolize/symbolize.h"

namespace tidemark::leakwatch {
namespace {

constexpr double kNanosecond = 1e-9;

SiteLook look_at(const HeapSiteAges& ages, const heap_file::Header& header, std::uint64_t now_ns) {
  SiteLook look{.since_ns = std::max(header.opened_ns, header.reset_ns),
                .now_ns = now_ns,
                .living = {},
                .freed = {}};
  double low_s = 0;
  for (std::size_t i = 0; i < heap_file::kAges; ++i) {
    const bool last = i + 1 == heap_file::kAges;
    const double high_s =
        last ? kStillAlive : static_cast<double>(heap_file::kAgeBounds[i]) * kNanosecond;
    look.freed.push_back({.low_s = low_s, .high_s = high_s, .count = ages.freed[i]});
    low_s = high_s;
  }
  return look;
}

}  // namespace

std::uint64_t monotonic_of(const heap_file::Header& header, std::int64_t at_ms) {
  const std::uint64_t last = std::max(header.last_ns, header.opened_ns);
  const auto at_ns =
      static_cast<std::uint64_t>(std::clamp<std::int64_t>(at_ms, 0, INT64_MAX / 1'000'000)) *
      1'000'000;
  if (at_ns <= header.opened_realtime_ns) return last;
  const std::uint64_t passed = at_ns - header.opened_realtime_ns;
  if (passed > UINT64_MAX / 2 || header.opened_ns > UINT64_MAX / 2) return last;
  return std::max(last, header.opened_ns + passed);
}

std::vector<StackLook> looks_of(const HeapReading& reading, std::uint64_t now_ns,
                                Symbolizer& symbolizer) {
  const Profile& ages = reading.ages;
  std::vector<std::vector<LivingBlock>> living(ages.stacks());
  for (const HeapBlock& block : reading.living) {
    living[static_cast<std::size_t>(block.stack)].push_back(
        {.born_ns = block.born_ns, .size = block.size, .thread = block.tid});
  }
  CallStacks stacks(ages);
  std::vector<StackLook> looks;
  std::vector<Finding> symbols;  // what symbolize() takes
  for (std::uint32_t i = 1; i < ages.stacks(); ++i) {
    const HeapSiteAges site = ages_of(ages, StackId{i});
    const bool any = !living[i].empty() ||
                     std::ranges::any_of(site.freed, [](std::int64_t count) { return count > 0; });
    if (!any) continue;
    SiteLook look = look_at(site, reading.header, now_ns);
    look.living = std::move(living[i]);
    looks.push_back({.stack = {}, .look = std::move(look)});
    Finding finding;
    finding.stacks.push_back({.label = {}, .frames = stacks.of(StackId{i})});
    symbols.push_back(std::move(finding));
  }
  symbolize(symbols, symbolizer);
  for (std::size_t i = 0; i < looks.size(); ++i) {
    looks[i].stack = std::move(symbols[i].stacks[0].frames);
  }
  return looks;
}

}  // namespace tidemark::leakwatch
