#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "agent/heap_file.h"
#include "lib/model/profile.h"

// From the sums in a heap file to estimates with variances: docs/formats/agent.md has the
// formulas. Nothing here trusts the file: numbers that cannot be are refused.

namespace tidemark {

// The value types of a heap file's profile, in their order.
enum HeapValue : std::uint8_t {
  kInUseObjects,
  kInUseSpace,
  kAllocObjects,
  kAllocSpace,
  kTemporaryObjects,
  kTemporarySpace,
  kPeakObjects,
  kPeakSpace,
  kValues
};
std::vector<ValueType> heap_file_values();

// Whether it is a number that a sum may have: not negative, not NaN, and far from overflow.
bool usable(double number);
bool usable(const heap_file::Site& site);

// The sums as they count in the header's generation: of a site that was not touched since the
// last reset only what lives. Below 0 by rounding is 0.
heap_file::Site as_of(const heap_file::Site& site, std::uint32_t generation);

// The number of the bucket of heap_file::kAgeBounds.
std::size_t age_bucket(std::uint64_t age_ns);

// What the sampled blocks of a site that live stand for.
struct LiveSums {
  double objects = 0;
  double bytes = 0;
  double objects_variance = 0;
  double bytes_variance = 0;
  std::array<std::int64_t, heap_file::kAges> samples{};
  std::array<double, heap_file::kAges> bytes_at_age{};

  // False, without a change, when the block is of a size or a rate that cannot be.
  bool add(const heap_file::Live& live, std::uint64_t age_ns);
};

struct HeapEstimates {
  std::array<double, kValues> values{};
  std::array<double, kValues> variances{};
};

// Of one site. REQUIRES: usable(site).
HeapEstimates estimates_of(const heap_file::Site& site, const LiveSums& live,
                           std::uint32_t peak_epoch);

// Keeps the sums over all sites in range.
class HeapTotals {
 public:
  // False, without a change, when a sum would leave it.
  bool take(const HeapEstimates& more);

 private:
  std::array<double, kValues> sums_{};
};

}  // namespace tidemark
