#include "lib/analyze/inclusive.h"

#include <span>

#include "lib/base/numbers.h"

namespace tidemark {

// A caller has a smaller id than what it calls, so one pass from the last stack
// down has each total whole before it is passed on.
std::vector<std::int64_t> inclusive(const Profile& profile) {
  const std::size_t width = profile.value_types().size();
  std::vector<std::int64_t> sums(profile.stacks() * width);
  for (std::size_t i = profile.stacks(); i-- > 0;) {
    const StackId stack{static_cast<std::uint32_t>(i)};
    const std::span<const std::int64_t> self = profile.self(stack);
    const auto caller = static_cast<std::size_t>(profile.caller(stack));
    for (std::size_t v = 0; v < width; ++v) {
      std::int64_t& sum = sums[i * width + v];
      sum = checked_add(sum, self[v]);
      if (stack == kRoot) continue;
      std::int64_t& callers = sums[caller * width + v];
      callers = checked_add(callers, sum);
    }
  }
  return sums;
}

std::vector<std::int64_t> inclusive(const Profile& profile, std::size_t value_type) {
  std::vector<std::int64_t> sums(profile.stacks());
  for (std::size_t i = profile.stacks(); i-- > 0;) {
    const StackId stack{static_cast<std::uint32_t>(i)};
    sums[i] = checked_add(sums[i], profile.self(stack)[value_type]);
    if (stack == kRoot) continue;
    std::int64_t& callers = sums[static_cast<std::size_t>(profile.caller(stack))];
    callers = checked_add(callers, sums[i]);
  }
  return sums;
}

}  // namespace tidemark
